extension Circuit {
    /// Why the circuit is as it is, or what its record tells of.
    package enum Reason: String, Sendable, CaseIterable {
        case created
        // It opened:
        case failRatio = "fail_ratio"
        case consecutive, slow, health, held
        /// One worker's failures alone, for longer than its alibi held.
        case partial
        // It opened again:
        case probesFailed = "probes_failed"
        case leasesLost = "leases_lost"
        case noVerdict = "no_verdict"
        // It recovered:
        case probing
        case probesSucceeded = "probes_succeeded"
        case healthDirect = "health_direct"
        case ramped, drained, quiet
        // The operator's doing:
        case mode
        case modeExpired = "mode_expired"
        case probeNow = "probe_now"
        case limit, reset
        // Told, with no change of state:
        case wouldOpen = "would_open"
        case workerSuspect = "worker_suspect"
        case flapping
        case stillOpen = "still_open"
        case healthUp = "health_up"
        case healthMisleads = "health_misleads"
    }
}
