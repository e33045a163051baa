-- name: destinations.put
-- No row: the destination is not of the expected version.
-- $1 shard int2
-- $2 tenant_id uuid
-- $3 destination_id uuid
-- $4 name text
-- $5 base_url text
-- $6 connect_timeout_ms int4
-- $7 timeout_ms int4
-- $8 max_in_flight int4
-- $9 rate_per_second float8
-- $10 rate_burst int4
-- $11 ordered_lanes int4
-- $12 max_attempts int2
-- $13 backoff_base_ms int4
-- $14 backoff_cap_ms int4
-- $15 retry_schedule_ms int4[]
-- $16 retried_statuses int2[]
-- $17 final_statuses int2[]
-- $18 client_certificate text
-- $19 authorities text
-- $20 secrets bytea
-- $21 expected int8
-- > destination_id uuid
-- > lanes int8[]
-- > version int8
SELECT destination_id, lanes, version
FROM sluice.put_destination($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19, $20, $21);

-- name: destinations.all
-- Every destination with its lanes, for the snapshot.
-- > shard int2
-- > tenant_id uuid
-- > destination_id uuid
-- > lanes int8[]
-- > version int8
-- > deletion text
-- > name text
-- > base_url text
-- > connect_timeout_ms int4
-- > timeout_ms int4
-- > max_in_flight int4
-- > rate_per_second float8
-- > rate_burst int4
-- > ordered_lanes int4
-- > max_attempts int2
-- > backoff_base_ms int4
-- > backoff_cap_ms int4
-- > retry_schedule_ms int4[]
-- > retried_statuses int2[]
-- > final_statuses int2[]
-- > client_certificate text
-- > authorities text
-- > secrets bytea
SELECT d.shard, d.tenant_id, d.destination_id, l.lanes, d.version, d.deletion, d.name, d.base_url,
       d.connect_timeout_ms, d.timeout_ms, d.max_in_flight, d.rate_per_second, d.rate_burst, d.ordered_lanes,
       d.max_attempts, d.backoff_base_ms, d.backoff_cap_ms, d.retry_schedule_ms, d.retried_statuses, d.final_statuses, d.client_certificate, d.authorities, d.secrets
FROM sluice.destination d
JOIN (
    SELECT l.shard, l.tenant_id, l.destination_id, array_agg(l.lane_id ORDER BY l.lane_id) AS lanes FROM sluice.lane l
    GROUP BY l.shard, l.tenant_id, l.destination_id) l
  ON l.shard = d.shard AND l.tenant_id = d.tenant_id AND l.destination_id = d.destination_id;

-- name: destinations.changed
-- Those of some destinations that are there.
-- $1 shards int2[]
-- $2 tenants uuid[]
-- $3 destinations uuid[]
-- > shard int2
-- > tenant_id uuid
-- > destination_id uuid
-- > lanes int8[]
-- > version int8
-- > deletion text
-- > name text
-- > base_url text
-- > connect_timeout_ms int4
-- > timeout_ms int4
-- > max_in_flight int4
-- > rate_per_second float8
-- > rate_burst int4
-- > ordered_lanes int4
-- > max_attempts int2
-- > backoff_base_ms int4
-- > backoff_cap_ms int4
-- > retry_schedule_ms int4[]
-- > retried_statuses int2[]
-- > final_statuses int2[]
-- > client_certificate text
-- > authorities text
-- > secrets bytea
SELECT d.shard, d.tenant_id, d.destination_id, l.lanes, d.version, d.deletion, d.name, d.base_url,
       d.connect_timeout_ms, d.timeout_ms, d.max_in_flight, d.rate_per_second, d.rate_burst, d.ordered_lanes,
       d.max_attempts, d.backoff_base_ms, d.backoff_cap_ms, d.retry_schedule_ms, d.retried_statuses, d.final_statuses, d.client_certificate, d.authorities, d.secrets
FROM unnest($1::smallint[], $2::uuid[], $3::uuid[]) AS c (shard, tenant_id, destination_id)
JOIN sluice.destination d ON d.shard = c.shard AND d.tenant_id = c.tenant_id AND d.destination_id = c.destination_id
CROSS JOIN LATERAL (
    SELECT array_agg(l.lane_id ORDER BY l.lane_id) AS lanes FROM sluice.lane l
    WHERE l.shard = d.shard AND l.tenant_id = d.tenant_id AND l.destination_id = d.destination_id) l
WHERE l.lanes IS NOT NULL;

-- name: destinations.of_tenant
-- A tenant's, by name, from the given one on.
-- $1 shard int2
-- $2 tenant_id uuid
-- $3 first_name text
-- $4 rows int4
-- > shard int2
-- > tenant_id uuid
-- > destination_id uuid
-- > lanes int8[]
-- > version int8
-- > deletion text
-- > name text
-- > base_url text
-- > connect_timeout_ms int4
-- > timeout_ms int4
-- > max_in_flight int4
-- > rate_per_second float8
-- > rate_burst int4
-- > ordered_lanes int4
-- > max_attempts int2
-- > backoff_base_ms int4
-- > backoff_cap_ms int4
-- > retry_schedule_ms int4[]
-- > retried_statuses int2[]
-- > final_statuses int2[]
-- > client_certificate text
-- > authorities text
-- > secrets bytea
SELECT d.shard, d.tenant_id, d.destination_id, l.lanes, d.version, d.deletion, d.name, d.base_url,
       d.connect_timeout_ms, d.timeout_ms, d.max_in_flight, d.rate_per_second, d.rate_burst, d.ordered_lanes,
       d.max_attempts, d.backoff_base_ms, d.backoff_cap_ms, d.retry_schedule_ms, d.retried_statuses, d.final_statuses, d.client_certificate, d.authorities, d.secrets
FROM sluice.destination d
CROSS JOIN LATERAL (
    SELECT array_agg(l.lane_id ORDER BY l.lane_id) AS lanes FROM sluice.lane l
    WHERE l.shard = d.shard AND l.tenant_id = d.tenant_id AND l.destination_id = d.destination_id) l
WHERE l.lanes IS NOT NULL AND d.shard = $1 AND d.tenant_id = $2 AND d.name >= $3
ORDER BY d.name LIMIT $4::integer;

-- name: destinations.delete
-- $1 shard int2
-- $2 tenant_id uuid
-- $3 destination_id uuid
-- $4 backlog text
-- $5 expected int8
-- $6 count_to int4
-- > answer text
-- > waiting int8
SELECT answer, waiting FROM sluice.begin_deletion($1, $2, $3, $4, $5, $6);

-- name: destinations.sealed_otherwise
-- Destinations whose secrets are not sealed with the key of this id, after the given one.
-- $1 key_id bytea
-- $2 shard int2
-- $3 tenant_id uuid
-- $4 destination_id uuid
-- $5 rows int4
-- > shard int2
-- > tenant_id uuid
-- > destination_id uuid
-- > name text
-- > secrets bytea
SELECT d.shard, d.tenant_id, d.destination_id, d.name, d.secrets FROM sluice.destination d
WHERE d.secrets IS NOT NULL AND substr(d.secrets, 1, 5) <> $1 AND (d.shard, d.tenant_id, d.destination_id) > ($2, $3, $4)
ORDER BY d.shard, d.tenant_id, d.destination_id LIMIT $5::integer;

-- name: destinations.reseal
-- $1 shards int2[]
-- $2 tenants uuid[]
-- $3 destinations uuid[]
-- $4 before bytea[]
-- $5 after bytea[]
-- > resealed int4
SELECT sluice.reseal_destinations($1, $2, $3, $4, $5) AS resealed;
