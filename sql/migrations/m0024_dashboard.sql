-- What the dashboard looks for and nothing else does.

CREATE INDEX circuit_unsettled ON sluice.circuit (shard, tenant_id, state_since) WHERE state <> 'closed' OR mode <> 'auto';

COMMENT ON INDEX sluice.circuit_unsettled IS 'The few circuits of a tenant that need attention, the latest first, among as many as it has destinations.';
