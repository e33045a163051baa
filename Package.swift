// swift-tools-version: 6.1
import Foundation
import PackageDescription

let strict = ProcessInfo.processInfo.environment["SLUICE_WARNINGS_AS_ERRORS"] == "1"

let settings: [SwiftSetting] = [
    .enableUpcomingFeature("ExistentialAny"),
    .enableUpcomingFeature("MemberImportVisibility"),
    .enableUpcomingFeature("InternalImportsByDefault"),
    .enableUpcomingFeature("NonisolatedNonsendingByDefault"),
    .unsafeFlags(strict ? ["-warnings-as-errors"] : []),
]

let logging = Target.Dependency.product(name: "Logging", package: "swift-log")
let lifecycle = Target.Dependency.product(name: "ServiceLifecycle", package: "swift-service-lifecycle")
let metrics = Target.Dependency.product(name: "CoreMetrics", package: "swift-metrics")
let instrumentation = Target.Dependency.product(name: "Instrumentation", package: "swift-distributed-tracing")
let tracing = Target.Dependency.product(name: "Tracing", package: "swift-distributed-tracing")
let crypto = Target.Dependency.product(name: "Crypto", package: "swift-crypto")
let configuration = Target.Dependency.product(name: "Configuration", package: "swift-configuration")
let yams = Target.Dependency.product(name: "Yams", package: "Yams")
let nioCore = Target.Dependency.product(name: "NIOCore", package: "swift-nio")
let nioPosix = Target.Dependency.product(name: "NIOPosix", package: "swift-nio")
let nioEmbedded = Target.Dependency.product(name: "NIOEmbedded", package: "swift-nio")
let nioHTTP1 = Target.Dependency.product(name: "NIOHTTP1", package: "swift-nio")
let nioTLS = Target.Dependency.product(name: "NIOTLS", package: "swift-nio")
let nioSSL = Target.Dependency.product(name: "NIOSSL", package: "swift-nio-ssl")
let httpTypes = Target.Dependency.product(name: "HTTPTypes", package: "swift-http-types")
let hummingbird = Target.Dependency.product(name: "Hummingbird", package: "hummingbird")
let asyncHTTPClient = Target.Dependency.product(name: "AsyncHTTPClient", package: "async-http-client")
let arguments = Target.Dependency.product(name: "ArgumentParser", package: "swift-argument-parser")

func module(_ name: String, _ dependencies: [Target.Dependency]) -> Target {
    .target(name: name, dependencies: dependencies, swiftSettings: settings)
}

func tests(_ name: String, _ dependencies: [Target.Dependency], resources: [Resource]? = nil) -> Target {
    .testTarget(
        name: name, dependencies: ["TestSupport"] + dependencies, resources: resources, swiftSettings: settings)
}

let package = Package(
    name: "sluice",
    platforms: [.macOS(.v15)],
    products: [.executable(name: "sluice", targets: ["sluice"])],
    dependencies: [
        .package(url: "https://github.com/apple/swift-argument-parser.git", from: "1.8.2"),
        .package(url: "https://github.com/apple/swift-configuration.git", from: "1.4.0", traits: []),
        .package(url: "https://github.com/apple/swift-crypto.git", from: "4.5.2"),
        .package(url: "https://github.com/apple/swift-distributed-tracing.git", from: "1.7.3"),
        .package(url: "https://github.com/apple/swift-http-types.git", from: "1.8.0"),
        .package(url: "https://github.com/apple/swift-log.git", from: "1.16.2"),
        .package(url: "https://github.com/apple/swift-metrics.git", from: "2.13.0"),
        .package(url: "https://github.com/apple/swift-nio.git", from: "2.101.2"),
        .package(url: "https://github.com/apple/swift-nio-ssl.git", from: "2.37.6"),
        .package(url: "https://github.com/jpsim/Yams.git", from: "6.2.2"),
        .package(url: "https://github.com/hummingbird-project/hummingbird.git", from: "2.28.1", traits: []),
        .package(url: "https://github.com/swift-server/async-http-client.git", from: "1.37.0"),
        .package(url: "https://github.com/swift-server/swift-service-lifecycle.git", from: "2.13.0"),
    ],
    targets: [
        .systemLibrary(name: "CLibpq", pkgConfig: "libpq", providers: [.apt(["libpq-dev"])]),
        .target(
            name: "SQL", dependencies: ["Postgres"], path: "sql",
            resources: [.embedInCode("migrations"), .embedInCode("queries"), .embedInCode("bench")],
            swiftSettings: settings),
        .target(
            name: "OpenAPI", resources: [.embedInCode("openapi.json")], swiftSettings: settings),
        module("Model", []),
        module("JSON", []),
        module("Telemetry", ["JSON", metrics, instrumentation, tracing, logging, lifecycle]),
        module("Postgres", ["CLibpq", "Telemetry", metrics, crypto, logging, lifecycle]),
        module(
            "Tenants",
            [
                "FlagEngine", "JSON", "Model", "Postgres", "SQL", "Telemetry", metrics, crypto, nioSSL, logging,
                lifecycle,
            ]),
        module("Requests", ["JSON", "Model", "Postgres", "SQL", "Telemetry", metrics, logging, lifecycle]),
        module("Circuits", ["Model", "Postgres", "SQL"]),
        module("Cluster", ["Model", "Postgres", "SQL", logging, lifecycle]),
        module("FlagEngine", ["JSON"]),
        module("SettingsEngine", [configuration, yams]),
        module(
            "API",
            [
                "FlagEngine", "JSON", "Model", "OpenAPI", "Postgres", "Tenants", "Requests", "Circuits", "Cluster",
                "Telemetry", metrics, instrumentation, tracing, crypto, hummingbird, httpTypes, nioCore, logging,
                lifecycle,
            ]),
        .target(
            name: "Dashboard",
            dependencies: [
                "API", "FlagEngine", "JSON", "Model", "Postgres", "Tenants", "Requests", "Circuits", crypto, httpTypes,
                logging, lifecycle,
            ],
            resources: [
                .embedInCode("Assets/dashboard.css"), .embedInCode("Assets/dashboard.js"),
                .embedInCode("Assets/icon.svg"),
            ], swiftSettings: settings),
        module(
            "Worker",
            [
                "Model", "Postgres", "Tenants", "Requests", "Circuits", "Telemetry", metrics, instrumentation, tracing,
                crypto, asyncHTTPClient, nioCore, nioPosix, nioHTTP1, nioTLS, nioSSL, logging, lifecycle,
            ]),
        module("Sink", [nioCore, nioPosix, nioHTTP1]),
        module(
            "Bench",
            [
                "FlagEngine", "JSON", "Model", "Postgres", "SQL", "Tenants", "Requests", "Circuits", "Worker", "Sink",
                nioCore, nioPosix, nioHTTP1, logging,
            ]),
        .executableTarget(
            name: "sluice",
            dependencies: [
                "FlagEngine", "JSON", "Model", "Postgres", "SQL", "Tenants", "Requests", "Circuits", "Cluster", "API",
                "Dashboard", "Worker", "Telemetry", "Sink", "Bench", "SettingsEngine", instrumentation, metrics,
                arguments, logging,
                lifecycle, nioCore, nioPosix,
                .product(name: "UnixSignals", package: "swift-service-lifecycle"),
            ],
            swiftSettings: settings),
        .target(
            name: "TestSupport", dependencies: ["Postgres", "SQL", "Model", "Tenants", "Requests", logging],
            path: "Tests/TestSupport", swiftSettings: settings),
        tests("PostgresTests", ["Postgres", "SQL", logging]),
        tests("ModelTests", ["Model"]),
        tests("TelemetryTests", ["Telemetry", "JSON", metrics, instrumentation, tracing, logging, lifecycle]),
        tests("JSONTests", ["JSON"]),
        tests("SettingsEngineTests", ["SettingsEngine"]),
        tests("FlagEngineTests", ["FlagEngine", "JSON"], resources: [.copy("Fixtures")]),
        tests("TenantsTests", ["Tenants", "FlagEngine", "JSON", "Model", "Postgres"]),
        tests("RequestsTests", ["Requests", "Tenants", "Model", "Postgres", "SQL", "Telemetry", logging]),
        tests("CircuitsTests", ["Circuits", "Tenants", "Model", "Postgres", "SQL"], resources: [.copy("Scenarios")]),
        tests(
            "APITests",
            [
                "API", "FlagEngine", "JSON", "Circuits", "Cluster", "Requests", "Tenants", "Model", "Postgres",
                "SQL", lifecycle, httpTypes,
            ]),
        tests(
            "DashboardTests",
            [
                "Dashboard", "API", "Circuits", "FlagEngine", "Requests", "Tenants", "JSON", "Model", "Postgres",
                lifecycle,
                httpTypes, asyncHTTPClient, nioCore, nioHTTP1,
            ]),
        tests(
            "WorkerTests",
            [
                "Worker", "Sink", "Requests", "Tenants", "Circuits", "JSON", "Model", "Postgres", "SQL", lifecycle,
                nioCore,
                nioPosix, nioEmbedded, nioSSL,
            ]),
        tests("SinkTests", ["Sink", "Bench"]),
        tests(
            "EndToEndTests",
            ["sluice", "JSON", "Sink", "Postgres", "SQL", arguments, crypto, asyncHTTPClient, nioCore, nioHTTP1],
            resources: [.copy("Fixtures")]),
        tests("TidyTests", ["SQL", "Postgres"]),
    ],
    swiftLanguageModes: [.v6]
)
