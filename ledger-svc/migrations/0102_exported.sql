-- How far the log has been exported as OpenTelemetry spans: a `record.no`. One row, once something was exported.
CREATE TABLE exported (
    one BIGINT PRIMARY KEY CHECK (one = 1),
    no BIGINT NOT NULL CHECK (no >= 0)
) /* rows */;
