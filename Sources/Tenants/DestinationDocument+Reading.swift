import JSON
import Model

extension FieldReader {
    mutating func retry(_ members: JSONObject) -> RetryPolicy {
        var retry = RetryPolicy()
        let longest = RetryPolicy.maximumWait.milliseconds
        let waits = elements(members["retry_schedule_ms"], "retry_schedule_ms", limit: RetryPolicy.maximumWaits)
        for (index, wait) in waits.enumerated() {
            retry.schedule.append(
                milliseconds(wait, "retry_schedule_ms[\(index)]", in: 0...Int(longest), default: 0))
        }
        for name in ["backoff_base_ms", "backoff_cap_ms"] where !waits.isEmpty && members[name] != nil {
            refuse(name, "is of the back-off, which retry_schedule_ms takes the place of; leave one of them out")
        }
        let attempts = waits.isEmpty ? retry.maxAttempts : Int16(clamping: min(100, waits.count + 1))
        retry.maxAttempts = integer(members["max_attempts"], "max_attempts", in: 1...100, default: attempts)
        let base = integer(members["backoff_base_ms"], "backoff_base_ms", in: 1...3_600_000, default: 1_000)
        let cap = integer(
            members["backoff_cap_ms"], "backoff_cap_ms", in: base...86_400_000, default: max(base, 3_600_000))
        retry.backoff = Backoff(base: .milliseconds(base), cap: .milliseconds(cap))
        retry.retriedStatuses = statuses(members["retried_statuses"], "retried_statuses")
        retry.finalStatuses = statuses(members["final_statuses"], "final_statuses")
        for status in Set(retry.retriedStatuses).intersection(retry.finalStatuses).sorted() {
            refuse("final_statuses", "has \(status), which is in retried_statuses too")
        }
        return retry
    }

    private mutating func statuses(_ value: JSONValue?, _ path: String) -> [Int16] {
        let all = elements(value, path, limit: RetryPolicy.maximumStatuses)
        var statuses: [Int16] = []
        for (index, status) in all.enumerated() {
            statuses.append(integer(status, "\(path)[\(index)]", in: 300...599, default: 300))
        }
        return Array(Set(statuses)).sorted()
    }

    mutating func signingKeys(_ value: JSONValue?, stored: [SigningKey]) -> [SigningKey] {
        var keys: [SigningKey] = []
        var ids: Set<String> = []
        for (index, element) in elements(value, "signing_keys", limit: SigningKey.maximum).enumerated() {
            let path = "signing_keys[\(index)]"
            let members = members(element, path, of: ["id", "algorithm", "secret", "public_key"])
            let id = requiredString(members["id"], path + ".id", limit: 64)
            if !ids.insert(id).inserted { refuse(path + ".id", "is another key's too") }
            let known = stored.first { $0.id == id }
            let algorithm = word(
                members["algorithm"], path + ".algorithm", default: known?.algorithm ?? SigningKey.Algorithm.hmacSHA256)
            let secret = secret(members["secret"], path + ".secret", stored: known?.text, limit: 256)
            if let key = SigningKey(id: id, algorithm: algorithm, text: secret) {
                keys.append(key)
            } else if !secret.isEmpty {
                let wanted =
                    algorithm == .hmacSHA256
                    ? "must be whsec_ and base64 of 24 to 64 bytes"
                    : "must be whsk_ and base64 of 32 bytes, the seed, or 64, the seed and its public key"
                refuse(path + ".secret", wanted)
            }
        }
        return keys
    }

    mutating func headers(_ value: JSONValue?, stored: HeaderLines) -> HeaderLines {
        var lines = HeaderLines()
        guard let value else { return lines }
        guard case .object(let members) = value, members.count <= Self.maximumHeaders else {
            refuse("headers", "must be an object of at most \(Self.maximumHeaders) names and their values")
            return lines
        }
        var seen: Set<String> = []
        for (name, value) in members.sorted(by: { $0.key < $1.key }) {
            let path = "headers." + name
            let lowercased = name.lowercased()
            if !Self.isToken(name) { refuse(path, "must be named by letters, digits and !#$%&'*+-.^_`|~, at most 256") }
            if !seen.insert(lowercased).inserted { refuse(path, "is there twice, in another spelling") }
            if HopByHop.contains(lowercased) || lowercased.hasPrefix("sluice-") || lowercased.hasPrefix("webhook-") {
                refuse(path, "is set by the gateway itself")
            }
            let known = stored.fields.first { $0.name.lowercased() == lowercased }.map { String($0.value) }
            let text = secret(value, path, stored: known, limit: 4_096)
            if !Self.isFieldValue(text) { refuse(path, "must be printable ASCII, with no blank at either end") }
            lines.append(name, text)
        }
        return lines
    }

    private static let maximumHeaders = 32

    static func isToken(_ name: String) -> Bool {
        1...256 ~= name.utf8.count
            && name.utf8.allSatisfy { byte in
                0x30...0x39 ~= byte || 0x41...0x5a ~= byte || 0x61...0x7a ~= byte
                    || "!#$%&'*+-.^_`|~".utf8.contains(byte)
            }
    }

    static func isFieldValue(_ value: String) -> Bool {
        value.utf8.allSatisfy { 0x20...0x7e ~= $0 || $0 == 0x09 } && value.first?.isWhitespace != true
            && value.last?.isWhitespace != true
    }
}
