/// A request as the sink got it.
package struct Received: Sendable {
    package typealias Header = (name: String, value: String)

    package var method: String
    /// As in the request line, with the query.
    package var uri: String
    /// In the order and the case in which they came.
    package var headers: [Header]
    package var body: [UInt8]
    /// When the last byte had come.
    package var arrival: ContinuousClock.Instant

    /// The first value of a header; names are compared without regard to case.
    package func header(_ name: String) -> String? {
        let wanted = name.lowercased()
        return headers.first { $0.name.lowercased().utf8.elementsEqual(wanted.utf8) }?.value
    }
}
