/// Kubernetes gives every container variables for each service of its namespace, named after it. Those of a service
/// called `sluice`, or `sluice-` and a word, begin as the gateway's settings do, and its `SLUICE_PORT` has the name of one.
package enum ServiceLink {
    /// Whether the variable is such a one: by its name where no setting could have it, else by its value.
    package static func matches(_ variable: String, _ value: String) -> Bool {
        if variable.contains(/_SERVICE_HOST$|_SERVICE_PORT(_\w+)?$|_PORT_\d+_(TCP|UDP|SCTP)(_(PROTO|PORT|ADDR))?$/) {
            return true
        }
        return variable.hasSuffix("_PORT") && value.contains(/^(tcp|udp|sctp):\/\//)
    }
}
