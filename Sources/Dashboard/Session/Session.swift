import Crypto
import FoundationEssentials
import Model
import Postgres

/// A login. It holds neither key nor token, only which of them opened it: each request looks whether that still would.
struct Session: Sendable, Equatable {
    enum Owner: Sendable, Equatable {
        case key(KeyID)
        /// - Parameter fingerprint: of the token that opened it.
        case `operator`(fingerprint: [UInt8])
    }

    /// A working day: who is at work logs in once, and what lies open overnight has ended.
    static let lifetime = Duration.seconds(12 * 3_600)

    let owner: Owner
    let expiresAt: Timestamp
    /// 32 random bytes, which tell sessions of one key apart.
    let seed: [UInt8]

    init(_ owner: Owner, now: Timestamp) {
        var generator = SystemRandomNumberGenerator()
        self.init(
            owner, expiresAt: now + Self.lifetime,
            seed: (0..<Self.seedBytes).map { _ in UInt8.random(in: 0...255, using: &generator) })
    }

    private init(_ owner: Owner, expiresAt: Timestamp, seed: [UInt8]) {
        (self.owner, self.expiresAt, self.seed) = (owner, expiresAt, seed)
    }

    /// What the forms of this session send, and no other page knows. It can't be turned into the session.
    var formToken: String {
        SHA256.hash(data: Array("sluice form token".utf8) + seed).reduce(into: "") { text, byte in
            text += (byte < 16 ? "0" : "") + String(byte, radix: 16)
        }
    }

    /// In constant time.
    func takes(formToken shown: String) -> Bool {
        SHA256.hash(data: Array(shown.utf8)) == SHA256.hash(data: Array(formToken.utf8))
    }
}

extension Session {
    private static let seedBytes = 32
    private static let headBytes = 1 + 8 + seedBytes
    private static let (ofKey, ofOperator): (UInt8, UInt8) = (1, 2)

    var bytes: [UInt8] {
        let time = withUnsafeBytes(of: expiresAt.microseconds.bigEndian) { Array($0) }
        return switch owner {
        case .key(let id): [Self.ofKey] + time + seed + Array(id.description.utf8)
        case .operator(let fingerprint): [Self.ofOperator] + time + seed + fingerprint
        }
    }

    /// nil for what is none.
    init?(bytes: [UInt8]) {
        guard bytes.count > Self.headBytes, let kind = bytes.first else { return nil }
        let time = bytes[1..<9].reduce(UInt64(0)) { $0 << 8 | UInt64($1) }
        let (seed, rest) = (Array(bytes[9..<Self.headBytes]), Array(bytes[Self.headBytes...]))
        let owner: Owner
        switch kind {
        case Self.ofKey:
            guard let id = KeyID(String(decoding: rest, as: UTF8.self)) else { return nil }
            owner = .key(id)
        case Self.ofOperator: owner = .operator(fingerprint: rest)
        default: return nil
        }
        self.init(owner, expiresAt: Timestamp(microseconds: Int64(bitPattern: time)), seed: seed)
    }
}
