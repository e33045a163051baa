/// The description of the HTTP API in OpenAPI 3.1, compiled in.
package enum OpenAPI {
    package static var document: [UInt8] { PackageResources.openapi_json }
}
