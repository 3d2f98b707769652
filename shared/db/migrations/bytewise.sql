-- PostgreSQL only: SQLite compares text bytewise as it is.
-- All text of this schema is compared byte by byte, as SQLite and the programs do, whatever the database's collation says. A list
-- that is ordered in one way and merged or gone on with in another skips some and tells others twice.
DO $$
DECLARE
    changed RECORD;
BEGIN
    FOR changed IN
        SELECT c.table_name,
            string_agg(format('ALTER COLUMN %I TYPE TEXT COLLATE "C"', c.column_name), ', ') AS columns
        FROM information_schema.columns AS c
        WHERE c.table_schema = current_schema() AND c.table_name <> '_sqlx_migrations' AND c.data_type = 'text'
            AND c.collation_name IS DISTINCT FROM 'C'
        GROUP BY c.table_name
    LOOP
        EXECUTE format('ALTER TABLE %I %s', changed.table_name, changed.columns);
    END LOOP;
END
$$;
