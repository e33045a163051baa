import ArgumentParser
import Bench

struct BenchCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "bench",
        abstract: "Measure Sluice against a baseline in the same run, in a PostgreSQL server of the benchmark's own.",
        subcommands: [
            Ingest.self, Claim.self, Drain.self, Latency.self, Backlog.self, Circuits.self, Fairness.self, Flags.self,
            Gates.self, OFREP.self, Pooler.self,
        ])

    struct Ingest: AsyncParsableCommand {
        static let configuration = CommandConfiguration(abstract: "Durable 202s a second, against pgbench.")
        @Option(help: "Seconds of each measurement.") var seconds = 10
        @Option(help: "Rounds; medians are told.") var rounds = 3
        func run() async throws { try await IngestBench.run(seconds: seconds, rounds: rounds).printTable() }
    }

    struct Claim: AsyncParsableCommand {
        static let configuration = CommandConfiguration(abstract: "Claim and report, against a pgmq-style queue.")
        @Option(help: "Rounds; medians are told.") var rounds = 3
        func run() async throws { try await ClaimBench.run(rounds: rounds).printTable() }
    }

    struct Drain: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Deliveries a second from storage, against the HTTP client alone, and beside held work.")
        @Option(help: "Deliveries of each measurement.") var requests = 60_000
        @Option(help: "Requests held behind closed gates.") var held = 1_000_000
        @Option(help: "Rounds; medians are told.") var rounds = 3
        func run() async throws {
            try await DrainBench.run(requests: requests, held: held, rounds: rounds).printTable()
        }
    }

    struct Latency: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "From POST to arrival at the sink, against one durable insert and one direct POST.")
        @Option(help: "Seconds of each measurement.") var seconds = 20
        @Option(help: "Requests a second.") var rate = 200.0
        func run() async throws { try await LatencyBench.run(seconds: seconds, perSecond: rate).printTable() }
    }

    struct Backlog: AsyncParsableCommand {
        static let configuration = CommandConfiguration(abstract: "What a claim costs beside a million held requests.")
        @Option(help: "Requests held behind closed gates.") var held = 1_000_000
        func run() async throws { try await BacklogBench.run(held: held).printTable() }
    }

    struct Circuits: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Destinations that fail and heal, over several workers, and what circuits cost.")
        @Option(help: "Requests held in open circuits.") var held = 1_000_000
        @Option(help: "Worker processes beside a destination that is down.") var workers = 8
        @Option(help: "Deliveries of each drain.") var requests = 60_000
        @Option(help: "Rounds; medians are told.") var rounds = 3
        func run() async throws {
            try await CircuitBench.run(held: held, workers: workers, requests: requests, rounds: rounds).printTable()
        }
    }

    struct Fairness: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "99 tenants with a request a second each, alone and beside one with a great backlog.")
        @Option(help: "Requests that the big tenant has waiting.") var backlog = 1_000_000
        @Option(help: "Seconds of each measurement.") var seconds = 30
        func run() async throws { try await FairnessBench.run(backlog: backlog, seconds: seconds).printTable() }
    }

    struct Gates: AsyncParsableCommand {
        static let configuration = CommandConfiguration(abstract: "What a flag on a route costs what is stored.")
        @Option(help: "Seconds of each measurement.") var seconds = 8
        @Option(help: "Rounds; medians are told.") var rounds = 5
        func run() async throws { try await GateBench.run(seconds: seconds, rounds: rounds).printTable() }
    }

    struct OFREP: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "ofrep", abstract: "Evaluations over HTTP, against an endpoint that answers a constant.")
        @Option(help: "Seconds of each measurement.") var seconds = 5
        @Option(help: "Rounds; medians are told.") var rounds = 5
        func run() async throws { try await OFREPBench.run(seconds: seconds, rounds: rounds).printTable() }
    }

    struct Pooler: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "202s a second through PgBouncer, against a direct way.")
        @Option(help: "Seconds of each measurement.") var seconds = 8
        @Option(help: "Rounds; medians are told.") var rounds = 5
        func run() async throws { try await PoolerBench.run(seconds: seconds, rounds: rounds).printTable() }
    }

    struct Flags: ParsableCommand {
        static let configuration = CommandConfiguration(abstract: "What evaluating feature flags costs in process.")
        @Option(help: "Rounds; medians are told.") var rounds = 11
        func run() throws { try FlagBench.run(rounds: rounds).printTable() }
    }
}
