import Model
import Postgres
import Requests

extension NewRequest {
    init(
        id: RequestID, tenant: TenantID, addressee: Addressee, method: String, path: String, query: String?,
        headers: HeaderLines, body: [UInt8], dueAt: Timestamp?, expiresAt: Timestamp?, key: IdempotencyKey?
    ) {
        self.init(
            id: id, tenant: tenant, addressee: addressee, method: method, path: path, query: query, headers: headers,
            body: body, dueAt: dueAt, expiresAt: expiresAt,
            idempotency: key.map {
                Idempotency($0, addressee: addressee, method: method, path: path, query: query, body: body)
            })
    }
}
