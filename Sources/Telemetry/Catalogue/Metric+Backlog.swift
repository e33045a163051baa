/// Read from the database: every process shows the same. Take the maximum over processes, not the sum.
extension Metric {
    /// Tenants whose backlog is shown by name.
    package static let tenantLimit = 20

    package static let waiting = gauge(
        "sluice_deliveries_waiting", "Deliveries that are due, will be due, or are held.")
    package static let held = gauge("sluice_deliveries_held", "Deliveries that wait behind a closed gate.")
    package static let leased = gauge("sluice_deliveries_leased", "Deliveries that some worker has claimed.")
    package static let dead = gauge("sluice_deliveries_dead", "Dead letters.")
    package static let oldestDue = gauge(
        "sluice_oldest_due_age_seconds", "For how long the oldest due delivery has been due.")
    package static let destinations = gauge("sluice_destinations", "Destinations of all tenants.")
    package static let circuits = gauge(
        "sluice_circuits", by: "state", upTo: 8, "Circuits by state.")
    package static let circuitsSteered = gauge(
        "sluice_circuits_steered", by: "mode", upTo: 4, "Circuits that somebody has paused or forced.")
    package static let backlogAge = gauge(
        "sluice_backlog_sample_age_seconds", "How old the figures of the backlog are; they are taken every 15 s.")
    package static let tenantWaiting = gauge(
        "sluice_tenant_deliveries_waiting", by: "tenant", upTo: tenantLimit,
        "Deliveries that wait, of the tenants with the largest backlogs.")
    package static let tenantDead = gauge(
        "sluice_tenant_deliveries_dead", by: "tenant", upTo: tenantLimit, "Dead letters of the same tenants.")
    package static let tenantOldestDue = gauge(
        "sluice_tenant_oldest_due_age_seconds", by: "tenant", upTo: tenantLimit,
        "For how long the oldest due delivery of the same tenants has been due.")

    static let ofBacklog = [
        waiting, held, leased, dead, oldestDue, destinations, circuits, circuitsSteered, backlogAge, tenantWaiting,
        tenantDead, tenantOldestDue,
    ]
}
