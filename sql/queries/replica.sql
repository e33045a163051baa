-- name: replica.lag
-- Seconds by which a replica is behind; NULL before it has replayed a commit. One that was promoted lags no more.
-- > seconds float8
SELECT CASE WHEN pg_is_in_recovery() THEN extract(epoch FROM now() - pg_last_xact_replay_timestamp())::double precision
            ELSE 0 END AS seconds;
