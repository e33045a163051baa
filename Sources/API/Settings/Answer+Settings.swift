import HTTPTypes
import JSON
import Tenants

extension Answer {
    /// A document of settings with its version.
    ///
    /// - Parameter location: of what was made.
    init(_ status: HTTPResponse.Status, _ document: JSONValue, version: Int64, location: String = "") {
        self.init(status, document)
        head.headerFields[.eTag] = "\"\(version)\""
        if status == .created { head.headerFields[.location] = location }
    }
}

extension Problem {
    static func changedMeanwhile(_ what: String) -> Problem {
        Problem(.preconditionFailed, "The \(what) has been changed meanwhile; get it again.")
    }
}
