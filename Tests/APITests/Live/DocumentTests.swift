import Circuits
import Foundation
import HTTPTypes
import Model
import Tenants
import Testing

@testable import API

/// The OpenAPI document says what there is, and nothing else.
struct DocumentTests {
    private func withDocument(_ body: (Document, Gateway) throws -> Void) async throws {
        try await withGateway { gateway in
            let connection = try await gateway.connect()
            try await connection.send(gateway.head("GET", "/openapi.json", []))
            let answer = try await connection.answer(hasBody: true)
            #expect(answer.status == 200)
            #expect(answer["content-type"] == "application/json")
            try body(Document(answer.body), gateway)
        }
    }

    @Test func everyRouteIsDescribedAndNothingElse() async throws {
        try await withDocument { document, gateway in
            let described = Set(document.operations.filter { !$0.path.hasPrefix("/in/") }.map(\.id))
            let routes = Set(gateway.routes.filter { $0.access != .page }.map(\.id))
            #expect(routes.subtracting(described) == [], "add these to Sources/OpenAPI/openapi.json")
            #expect(described.subtracting(routes) == [], "there are no such routes")
        }
    }

    @Test func operationsSayWhoMayCallThemAndWhatThePathHas() async throws {
        try await withDocument { document, gateway in
            let routes = Dictionary(gateway.routes.map { ($0.id, $0) }) { first, _ in first }
            for operation in document.operations {
                let access = routes[operation.id]?.access ?? .tenant(.ingest)
                #expect(operation.security == access.security, "\(operation.id)")
                #expect(operation.members["security"] != nil, "\(operation.id)")
                let names = operation.path.split(separator: "/").filter { $0.hasPrefix("{") }
                #expect(
                    operation.pathParameters == Set(names.map { String($0.dropFirst().dropLast()) }), "\(operation.id)")
            }
            #expect(
                document.names(at: "/components/securitySchemes") == ["tenantKey", "tenantKeyHeader", "operatorToken"])
        }
    }

    @Test func capturesAreDescribedWithAllMethods() async throws {
        try await withDocument { document, _ in
            for path in ["/in/{destination}", "/in/{destination}/{path}"] {
                let methods = document.operations.filter { $0.path == path }.map { $0.method.lowercased() }
                #expect(methods == Document.methods, "\(path)")
            }
        }
    }

    /// Those that the way there gives to all operations of a kind; what an operation gives of its own is for the tests against
    /// a live server to find.
    @Test func operationsHaveTheStatusesThatTheyCanAnswer() async throws {
        try await withDocument { document, gateway in
            let open = Set(gateway.routes.filter { $0.access == .everyone }.map(\.id))
            for operation in document.operations {
                var statuses: Set = ["400", "408", "431", "500", "503"]
                if !open.contains(operation.id) { statuses.formUnion(["401", "403"]) }
                if !operation.pathParameters.isEmpty { statuses.insert("404") }
                if operation.takesBody { statuses.insert("413") }
                let documented = Set(operation.responses.keys)
                #expect(statuses.subtracting(documented) == [], "\(operation.id)")
                #expect(documented.contains { $0.hasPrefix("2") }, "\(operation.id)")
                for (status, response) in operation.responses where Int(status).map({ $0 >= 400 }) ?? true {
                    #expect(!document.problems(of: response).isEmpty, "\(operation.id) \(status)")
                }
            }
        }
    }

    @Test func everyProblemIsDescribedUnderItsStatus() async throws {
        try await withDocument { document, _ in
            let types = Set(ProblemKind.allCases.map { "/problems/\($0.rawValue)" })
            #expect(document.words(at: "/components/schemas/Problem/properties/type") == types)
            var found: Set<String> = []
            let shared = document.names(at: "/components/responses").map {
                ("405", document.at("/components/responses/\($0)"))
            }.filter { document.problems(of: $0.1) == ["/problems/method-not-allowed"] }
            #expect(shared.count == 1)
            for (status, response) in document.operations.flatMap({ Array($0.responses) }) + shared {
                let problems = document.problems(of: response)
                found.formUnion(problems)
                for problem in problems {
                    let kind = ProblemKind(rawValue: String(problem.dropFirst("/problems/".count)))
                    #expect(kind.map { String($0.status.code) } == status, "\(problem)")
                }
            }
            #expect(found == types)
        }
    }

    @Test func wordsAndParametersAreThoseOfTheProgram() async throws {
        try await withDocument { document, _ in
            let schemas = "/components/schemas/"
            #expect(document.words(at: schemas + "Class") == Set(AttemptClass.allCases.map(\.rawValue)))
            #expect(document.words(at: schemas + "Scope") == Set(Scope.allCases.map(\.rawValue)))
            #expect(document.names(at: schemas + "Quotas/properties") == Set(Quotas.ranges.keys))
            #expect(
                document.names(at: schemas + "CircuitPolicy/properties") == Set(CircuitPolicy.parameters.map(\.name)))
            #expect(
                document.names(at: schemas + "HealthCheckSettings/properties")
                    == Set(HealthCheckSettings.parameters.map(\.name)))
            #expect(
                document.names(at: schemas + "Envelope/properties") == Set(Envelope.Field.allCases.map(\.rawValue)))
        }
    }

    @Test func everyReferenceLeadsSomewhereAndEveryComponentIsUsed() async throws {
        try await withDocument { document, _ in
            let references = document.references
            for reference in references {
                #expect(!document.resolve(["$ref": reference]).isEmpty, "\(reference)")
            }
            for kind in ["schemas", "responses", "parameters", "headers"] {
                let all = Set(document.names(at: "/components/\(kind)").map { "#/components/\(kind)/\($0)" })
                #expect(all.subtracting(references).subtracting(["#/components/responses/MethodNotAllowed"]) == [])
            }
        }
    }
}

extension Route {
    fileprivate var id: String { "\(method.rawValue) \(path)" }
}

extension Route.Access {
    fileprivate var security: [String: [String]] {
        switch self {
        case .everyone: [:]
        case .tenant(let scope): ["tenantKey": [scope.rawValue], "tenantKeyHeader": [scope.rawValue]]
        case .operator: ["operatorToken": []]
        case .flags: ["tenantKey": ["read", "flags-client"], "tenantKeyHeader": ["read", "flags-client"]]
        case .page: [:]
        }
    }
}
