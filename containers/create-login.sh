#!/usr/bin/env bash
# Runs once, when PostgreSQL makes its data directory: the login of api and worker, which is no superuser (docs/access.md).
# `sluice migrate`, which comes later, gives the roles their rights.
set -euo pipefail

psql -v ON_ERROR_STOP=1 --username "$POSTGRES_USER" --dbname "$POSTGRES_DB" \
    -v password="$(</secrets/database/gateway-password)" <<'SQL'
CREATE ROLE sluice_api NOLOGIN;
CREATE ROLE sluice_worker NOLOGIN;
CREATE ROLE gateway LOGIN PASSWORD :'password';
GRANT sluice_api, sluice_worker TO gateway;
SQL
