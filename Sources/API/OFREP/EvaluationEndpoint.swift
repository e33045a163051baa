import FlagEngine
import HTTPTypes
import NIOCore
import Postgres
import Tenants

/// `POST /ofrep/v1/evaluate/flags/{key}`: evaluates one flag. Servers call it for each evaluation, so it is answered on the
/// connection's event loop.
struct EvaluationEndpoint: DirectEndpoint {
    static let path: PathPattern = "/ofrep/v1/evaluate/flags/{key}"
    private static let prefix = "/ofrep/v1/evaluate/flags/"

    let ofrep: OFREPEndpoint
    let budget: BodyBudget
    let access: Access
    let metrics = AnswerMetrics("POST", path.description)

    func takes(_ head: HTTPRequest) -> Bool {
        guard head.method == .post, let path = head.path, path.utf8.starts(with: Self.prefix.utf8) else { return false }
        let key = Self.key(path)
        return !key.isEmpty && !key.utf8.contains(UInt8(ascii: "/"))
    }

    /// Throws a `Problem`.
    func begin(_ head: HTTPRequest) throws -> EvaluationIntake {
        let (now, snapshot) = (Timestamp.now, ofrep.snapshot())
        let caller = try ofrep.caller(head.headerFields, access, in: snapshot, now: now)
        guard head.contentLength ?? 0 <= FlagLimits.contextBytes else {
            throw Problem.payloadTooLarge(limit: FlagLimits.contextBytes)
        }
        return EvaluationIntake(key: Self.key(head.path ?? ""), caller: caller, snapshot: snapshot, now: now)
    }

    func finish(_ intake: EvaluationIntake, whenDone: @escaping @Sendable (Answer) -> Void) {
        whenDone(OFREPAnswer.forBrowsers(answer(intake)))
    }

    private func answer(_ intake: EvaluationIntake) -> Answer {
        switch OFREPContext(intake.body) {
        case .invalid(let details):
            return OFREPAnswer.refusal(.badRequest, key: intake.key, code: "INVALID_CONTEXT", details)
        case .object(let attributes):
            let caller = intake.caller
            let result = caller.flags(in: intake.snapshot).evaluate(
                intake.key, caller.context(attributes), at: intake.now.microseconds / 1_000_000)
            ofrep.uses.note([result], in: caller.environment, at: intake.now)
            return OFREPAnswer.one(result)
        }
    }

    func refusal(_ error: any Error, of head: HTTPRequest) -> Answer {
        ofrep.refusal(error, key: Self.key(head.path ?? ""))
    }

    /// As it came: a key that needs escaping is none.
    private static func key(_ path: String) -> String {
        String(path.dropFirst(prefix.utf8.count).prefix { $0 != "?" })
    }
}

struct EvaluationIntake: DirectIntake {
    let key: String
    let caller: OFREPCaller
    let snapshot: TenantSnapshot
    let now: Timestamp
    private(set) var body: [UInt8] = []

    init(key: String, caller: OFREPCaller, snapshot: TenantSnapshot, now: Timestamp) {
        (self.key, self.caller, self.snapshot, self.now) = (key, caller, snapshot, now)
    }

    mutating func append(_ part: ByteBuffer) throws {
        guard body.count + part.readableBytes <= FlagLimits.contextBytes else {
            throw Problem.payloadTooLarge(limit: FlagLimits.contextBytes)
        }
        body.append(contentsOf: part.readableBytesView)
    }
}
