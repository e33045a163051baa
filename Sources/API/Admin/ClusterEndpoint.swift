import Cluster
import HTTPTypes
import JSON
import Model

/// `GET /admin/v1/cluster`: the processes that run, and the schema that they share.
struct ClusterEndpoint: Sendable {
    let store: ClusterStore

    var routes: [Route] { [.operator(.get, "/admin/v1/cluster", show)] }

    private func show(_ call: Call) async throws -> Answer {
        let (schema, members) = (try await store.schema(), try await store.members())
        var writer = JSONWriter()
        writer.object { writer in
            writer.name("schema")
            writer.object { writer in
                writer.member("level", schema?.level)
                writer.member("serves_from", schema?.servesFrom)
            }
            writer.name("processes")
            writer.array { writer in
                for member in members { writer.object { member.write(to: &$0) } }
            }
        }
        return Answer(.ok, json: writer)
    }
}

extension ClusterStore.Member {
    /// Its members, within an object.
    fileprivate func write(to writer: inout JSONWriter) {
        writer.member("id", process.id.description)
        writer.name("roles")
        writer.array { writer in
            for role in process.roles { writer.string(role) }
        }
        writer.member("host", process.host)
        writer.name("pid")
        writer.number(process.pid)
        writer.member("level", process.level)
        writer.member("started_at", startedAt.rfc3339)
        writer.member("seen_at", seenAt.rfc3339)
    }
}
