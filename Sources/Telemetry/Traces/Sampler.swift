/// Which traces are recorded: those that their sender records, and of new ones a portion. It is chosen by the trace's id,
/// so that all of its spans, wherever they are made, are recorded or none.
package struct Sampler: Sendable {
    /// Of the 56 bits of a trace's id that are random.
    private let threshold: UInt64

    /// - Parameter ratio: 0...1 of the traces that begin here.
    package init(ratio: Double) {
        threshold = UInt64((min(max(ratio, 0), 1) * Double(UInt64(1) << 56)).rounded())
    }

    package func samples(_ trace: TraceContext.TraceID, sender: TraceContext?) -> Bool {
        sender?.isSampled ?? (trace.low & (UInt64(1) << 56 - 1) < threshold)
    }
}
