import Postgres

extension Duration {
    /// Seconds as JSON has them, to the microsecond: what the database keeps.
    init(seconds: Double) { self = .microseconds(Int64((seconds * 1e6).rounded())) }

    var seconds: Double { Double(microseconds) / 1e6 }
}
