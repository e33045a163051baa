extension Metric {
    package static let requestsAccepted = counter(
        "sluice_requests_accepted_total", "Requests that were committed and answered with 202.")
    package static let requestsDuplicate = counter(
        "sluice_requests_duplicate_total",
        "Requests whose idempotency key stood for an earlier one, whose answer they got again.")
    package static let refusals = counter(
        "sluice_refusals_total", by: "problem", upTo: 100,
        "Requests, and items of batches, that were refused, by the problem that the caller was told.")
    package static let answers = counter(
        "sluice_http_answers_total", by: "route", "class", upTo: 1_000,
        "Answers of the API, by route and by class of status.")
    package static let ingest = histogram(
        "sluice_ingest_seconds", by: "door", upTo: 8, in: Buckets.seconds,
        "From the end of a request's head to its 202: captures, and calls that store requests or events.")
    package static let commit = histogram(
        "sluice_commit_seconds", by: "batch", upTo: 4, in: Buckets.seconds,
        "One group commit of requests or of outcomes, from its statement to its acknowledgement.")
    package static let commitItems = histogram(
        "sluice_commit_items", by: "batch", upTo: 4, in: Buckets.items, "Items that one group commit stored.")
    package static let flagEvaluations = counter(
        "sluice_flag_evaluations_total", by: "reason", upTo: 16, "Flags evaluated, by the reason of the result.")

    static let ofIngest = [
        requestsAccepted, requestsDuplicate, refusals, answers, ingest, commit, commitItems, flagEvaluations,
    ]
}
