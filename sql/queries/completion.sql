-- name: completion.tenants
-- Names that begin so, in order.
-- $1 prefix text
-- $2 rows int4
-- > name text
SELECT t.name FROM sluice.tenant t WHERE starts_with(t.name, $1) ORDER BY t.name LIMIT $2::integer;

-- name: completion.destinations
-- Names of a tenant's destinations that begin so, in order.
-- $1 tenant text
-- $2 prefix text
-- $3 rows int4
-- > name text
SELECT d.name FROM sluice.tenant t
JOIN sluice.destination d ON d.shard = t.shard AND d.tenant_id = t.tenant_id
WHERE t.name = $1 AND starts_with(d.name, $2) ORDER BY d.name LIMIT $3::integer;
