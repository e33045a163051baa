-- name: routes.all
-- Every route, for the snapshot.
-- > shard int2
-- > tenant_id uuid
-- > route_id uuid
-- > name text
-- > topic_pattern text
-- > destination_id uuid
-- > destination text
-- > filters text
-- > is_enabled bool
-- > version int8
-- > flag text
SELECT r.shard, r.tenant_id, r.route_id, r.name, r.topic_pattern, r.destination_id, d.name AS destination, r.filters::text AS filters,
       r.is_enabled, r.version, r.flag::text AS flag
FROM sluice.route r
JOIN sluice.destination d ON d.shard = r.shard AND d.tenant_id = r.tenant_id AND d.destination_id = r.destination_id;

-- name: routes.changed
-- Those of some routes that are there.
-- $1 shards int2[]
-- $2 tenants uuid[]
-- $3 routes uuid[]
-- > shard int2
-- > tenant_id uuid
-- > route_id uuid
-- > name text
-- > topic_pattern text
-- > destination_id uuid
-- > destination text
-- > filters text
-- > is_enabled bool
-- > version int8
-- > flag text
SELECT r.shard, r.tenant_id, r.route_id, r.name, r.topic_pattern, r.destination_id, d.name AS destination, r.filters::text AS filters,
       r.is_enabled, r.version, r.flag::text AS flag
FROM unnest($1::smallint[], $2::uuid[], $3::uuid[]) AS c (shard, tenant_id, route_id)
JOIN sluice.route r ON r.shard = c.shard AND r.tenant_id = c.tenant_id AND r.route_id = c.route_id
JOIN sluice.destination d ON d.shard = r.shard AND d.tenant_id = r.tenant_id AND d.destination_id = r.destination_id;

-- name: routes.of_tenant
-- A tenant's, by name, from the given one on.
-- $1 shard int2
-- $2 tenant_id uuid
-- $3 first_name text
-- $4 rows int4
-- > shard int2
-- > tenant_id uuid
-- > route_id uuid
-- > name text
-- > topic_pattern text
-- > destination_id uuid
-- > destination text
-- > filters text
-- > is_enabled bool
-- > version int8
-- > flag text
SELECT r.shard, r.tenant_id, r.route_id, r.name, r.topic_pattern, r.destination_id, d.name AS destination, r.filters::text AS filters,
       r.is_enabled, r.version, r.flag::text AS flag
FROM sluice.route r
JOIN sluice.destination d ON d.shard = r.shard AND d.tenant_id = r.tenant_id AND d.destination_id = r.destination_id
WHERE r.shard = $1 AND r.tenant_id = $2 AND r.name >= $3
ORDER BY r.name LIMIT $4::integer;

-- name: routes.put
-- $1 shard int2
-- $2 tenant_id uuid
-- $3 route_id uuid
-- $4 name text
-- $5 topic_pattern text
-- $6 destination_id uuid
-- $7 filters text
-- $8 flag text
-- $9 is_enabled bool
-- $10 expected int8
-- $11 limit int4
-- > answer text
-- > route_id uuid
-- > version int8
SELECT answer, route_id, version FROM sluice.put_route($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11);

-- name: routes.delete
-- $1 shard int2
-- $2 tenant_id uuid
-- $3 name text
-- $4 expected int8
-- > answer text
SELECT sluice.delete_route($1, $2, $3, $4) AS answer;
