extension Metric {
    package static let build = gauge(
        "sluice_build_info", by: "version", "roles", upTo: 1, "Always 1; the labels say what runs.")
    static let processCPU = counter("process_cpu_seconds_total", "Processor time of this process.")
    static let processResident = gauge("process_resident_memory_bytes", "Memory of this process that is in use.")
    static let processVirtual = gauge("process_virtual_memory_bytes", "Address space of this process.")
    static let processStart = gauge("process_start_time_seconds", "When this process started, in Unix time.")
    static let processFiles = gauge("process_open_fds", "File descriptors of this process.")
    static let processFileLimit = gauge("process_max_fds", "File descriptors that this process may have.")
    static let processThreads = gauge("process_threads", "Threads of this process.")

    static let seriesDropped = counter(
        "sluice_metric_series_dropped_total", "Series beyond the limit of their metric; they are counted as other.")
    package static let spansExported = counter(
        "sluice_spans_exported_total", "Spans that the collector of traces has taken.")
    package static let spansDropped = counter(
        "sluice_spans_dropped_total", by: "reason", upTo: 4,
        "Spans that were lost: too many waited, or the collector did not take them.")

    static let ofTelemetry = [seriesDropped, spansExported, spansDropped]
    static let ofProcess = [
        processCPU, processResident, processVirtual, processStart, processFiles, processFileLimit, processThreads,
    ]

    /// Every metric there is, in the order in which they are shown.
    package static let catalogue =
        [build] + ofIngest + ofDelivery + ofBacklog + ofPostgres + ofServer + ofTelemetry + ofProcess

    private static let read = Set((ofBacklog + ofServer + ofProcess + [listenerLag]).map(\.name))

    /// Whether it is shown as it was read, rather than counted where it happens.
    var isRead: Bool { Self.read.contains(name) }
}
