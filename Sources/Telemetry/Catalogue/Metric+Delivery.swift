extension Metric {
    package static let claims = counter(
        "sluice_claims_total", by: "result", upTo: 4, "Claims for due deliveries: found some, found none, or failed.")
    package static let deliveriesUnderWay = gauge(
        "sluice_deliveries_under_way", "Deliveries that this worker has claimed and not yet recorded.")
    package static let deliverySlots = gauge(
        "sluice_delivery_slots", "Deliveries that this worker may have under way at the same time.")
    package static let attempts = counter(
        "sluice_attempts_total", by: "class", upTo: 32,
        "Attempts by what happened: delivered, timeout, connect_refused, ...")
    package static let outcomes = counter(
        "sluice_outcomes_total", by: "verdict", upTo: 8, "Attempts by what they mean for their delivery.")
    package static let attempt = histogram(
        "sluice_attempt_seconds", in: Buckets.attemptSeconds,
        "One attempt, from its connection to the end of the response. What was not sent does not count.")
    package static let deliveryAge = histogram(
        "sluice_delivery_age_seconds", in: Buckets.ageSeconds,
        "From a request's acceptance to its delivery, by the clocks of the two processes. Time that was asked for counts."
    )
    package static let leasesLost = counter(
        "sluice_leases_lost_total", "Outcomes that came after their lease was over, and changed nothing.")
    package static let deliveriesRescued = counter(
        "sluice_deliveries_rescued_total", "Deliveries whose lease ran out and that were put back into the backlog.")
    package static let outcomesUnrecorded = counter(
        "sluice_outcomes_unrecorded_total", "Outcomes that could not be recorded: their deliveries are made again.")
    package static let circuitTransitions = counter(
        "sluice_circuit_transitions_total", by: "state", upTo: 8, "Circuits that this worker put into a state.")
    package static let healthChecks = counter(
        "sluice_health_checks_total", by: "result", upTo: 4, "Health checks made, by result.")
    package static let rolloutChanges = counter(
        "sluice_rollout_changes_total", by: "change", upTo: 16, "What this worker did with rollouts.")

    static let ofDelivery = [
        claims, deliveriesUnderWay, deliverySlots, attempts, outcomes, attempt, deliveryAge, leasesLost,
        deliveriesRescued, outcomesUnrecorded, circuitTransitions, healthChecks, rolloutChanges,
    ]
}
