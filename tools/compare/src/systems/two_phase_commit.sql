CREATE TABLE account (id int PRIMARY KEY, available bigint NOT NULL CHECK (available >= 0));
CREATE TABLE entry (
    transfer uuid, account int, amount bigint NOT NULL, balance bigint NOT NULL, PRIMARY KEY (transfer, account)
);

-- One half of a payment. The unique entry makes it happen once.
CREATE FUNCTION move(transfer uuid, account int, amount bigint) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
    new_balance bigint;
BEGIN
    INSERT INTO entry VALUES ($1, $2, $3, 0) ON CONFLICT DO NOTHING;
    IF NOT FOUND THEN RETURN 'known'; END IF;
    UPDATE account AS a SET available = available + $3 WHERE a.id = $2 AND available + $3 >= 0
        RETURNING available INTO new_balance;
    IF NOT FOUND THEN RETURN 'refused'; END IF;
    UPDATE entry AS e SET balance = new_balance WHERE e.transfer = $1 AND e.account = $2;
    RETURN 'moved';
END $$;
