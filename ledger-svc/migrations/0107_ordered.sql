-- What confirmed or cancelled a reservation: a request, or the promise if the reserve said so from the start. Absent where a program
-- without this column has heard of it; then the events of the flow tell.
ALTER TABLE flow ADD COLUMN ordered UUID;
