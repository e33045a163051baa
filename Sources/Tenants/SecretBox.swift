import Crypto
import FoundationEssentials

/// Seals what must be read again but not lie open in the database: AES-256-GCM, with what the secret belongs to as
/// authenticated data, so that one row's secret can't be moved to another.
///
/// A sealed secret begins with the id of its key, so that secrets of several keys can be opened while they are sealed
/// anew with the current one.
package struct SecretBox: Sendable {
    /// The form's version, and the beginning of the key's hash.
    private static let idLength = 5
    private static let version: UInt8 = 1

    private struct Key: Sendable {
        let key: SymmetricKey
        let id: [UInt8]

        init(base64: String) throws {
            let text = String(base64.filter { !$0.isWhitespace })
            guard let bytes = Data(base64Encoded: text), bytes.count == 32 else {
                throw SecretError("a key that seals secrets must be 32 bytes in base64 (openssl rand -base64 32)")
            }
            key = SymmetricKey(data: bytes)
            id = [version] + SHA256.hash(data: Data("sluice secrets key".utf8) + bytes).prefix(idLength - 1)
        }
    }

    private let current: Key
    private let old: [Key]

    /// - Parameters:
    ///   - base64: the key that seals, 32 bytes in base64.
    ///   - old: keys that seal no more, for reading.
    package init(base64: String, old: [String] = []) throws {
        current = try Key(base64: base64)
        self.old = try old.map(Key.init)
    }

    package static func newKey() -> String {
        SymmetricKey(size: .bits256).withUnsafeBytes { Data($0).base64EncodedString() }
    }

    /// What secrets that are sealed with the current key begin with.
    package var currentID: [UInt8] { current.id }

    package func seal(_ secret: [UInt8], owner: String) throws -> [UInt8] {
        let box = try AES.GCM.seal(secret, using: current.key, authenticating: Data(owner.utf8))
        guard let combined = box.combined else { throw SecretError("the secret can't be sealed") }
        return current.id + combined
    }

    package func open(_ sealed: [UInt8], owner: String) throws -> [UInt8] {
        let id = Array(sealed.prefix(Self.idLength))
        guard let key = ([current] + old).first(where: { $0.id == id }) else {
            throw SecretError("\(owner): sealed with a key that is not here; give it in SLUICE_SECRETS_OLD_KEYS")
        }
        do {
            let box = try AES.GCM.SealedBox(combined: sealed.dropFirst(Self.idLength))
            return Array(try AES.GCM.open(box, using: key.key, authenticating: Data(owner.utf8)))
        } catch {
            throw SecretError("\(owner): changed since it was sealed, or another's")
        }
    }
}

package struct SecretError: Error, CustomStringConvertible {
    package let description: String
    init(_ description: String) { self.description = description }
}
