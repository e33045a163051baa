import Crypto
import FoundationEssentials

/// Seals what must be read again but not lie open in the database: AES-256-GCM, with what the secret belongs to as
/// authenticated data, so that one row's secret can't be moved to another.
package struct SecretBox: Sendable {
    private let key: SymmetricKey

    /// Takes 32 bytes in base64.
    package init(base64: String) throws {
        let text = String(base64.filter { !$0.isWhitespace })
        guard let bytes = Data(base64Encoded: text), bytes.count == 32 else {
            throw SecretError("the key that seals secrets must be 32 bytes in base64 (openssl rand -base64 32)")
        }
        key = SymmetricKey(data: bytes)
    }

    package static func newKey() -> String {
        SymmetricKey(size: .bits256).withUnsafeBytes { Data($0).base64EncodedString() }
    }

    package func seal(_ secret: [UInt8], owner: String) throws -> [UInt8] {
        let box = try AES.GCM.seal(secret, using: key, authenticating: Data(owner.utf8))
        guard let combined = box.combined else { throw SecretError("the secret can't be sealed") }
        return Array(combined)
    }

    package func open(_ sealed: [UInt8], owner: String) throws -> [UInt8] {
        do {
            return Array(try AES.GCM.open(.init(combined: sealed), using: key, authenticating: Data(owner.utf8)))
        } catch {
            throw SecretError("the secret of \(owner) was sealed with another key")
        }
    }
}

package struct SecretError: Error, CustomStringConvertible {
    package let description: String
    init(_ description: String) { self.description = description }
}
