import Testing

@testable import Postgres

extension Pure {
    @Suite struct PostgresErrorTests {
        @Test(arguments: ["22001", "22P02", "23505", "23514"]) func descriptionsLeakNoData(sqlState: String) {
            let error = PostgresError(
                .server, "Key (email)=(secret@example.com) exists", sqlState: sqlState, constraint: "one_email",
                statement: "users.add")
            for text in ["\(error)", String(describing: error), String(reflecting: error), error.shortDescription] {
                #expect(!text.contains("secret"))
                #expect(text.contains(sqlState))
            }
            #expect("\(error)".contains("users.add") && "\(error)".contains("one_email"))
            #expect(error.isDataError && !error.isRetryable && !error.outcomeUnknown)
        }

        @Test func aMissingPartitionIsNoFaultOfTheData() {
            let error = PostgresError(.server, "no partition of relation \"request\" found for row", sqlState: "23514")
            #expect(!error.isDataError && "\(error)".contains("no partition"))
        }

        @Test func descriptionsTellWhatIsNoData() {
            let error = PostgresError(.unavailable, "no connection in time", statement: "a")
            #expect("\(error)" == "PostgreSQL: unavailable in a: no connection in time")
            #expect(error.shortDescription == "unavailable")
        }

        @Test(arguments: ["40001", "40P01", "55P03", "53100", "53300", "25006", "08006", "57P01", "57P03"])
        func passingTroubleIsRetryable(sqlState: String) {
            #expect(PostgresError(.server, "", sqlState: sqlState).isRetryable)
        }

        /// Unprepared, or on a server that has been demoted.
        @Test func someTroubleIsTheSessions() {
            for state in ["26000", "25006"] { #expect(PostgresError(.server, "", sqlState: state).demandsNewSession) }
            #expect(
                PostgresError(.server, "cached plan must not change result type", sqlState: "0A000").demandsNewSession)
            for state in ["0A000", "40001", "57P01"] {
                #expect(!PostgresError(.server, "", sqlState: state).demandsNewSession)
            }
        }

        @Test(arguments: ["42601", "42P01", "23505", "22012", "57014", "P0001"])
        func lastingTroubleIsNot(sqlState: String) {
            #expect(!PostgresError(.server, "", sqlState: sqlState).isRetryable)
        }

        @Test func onlyALostConnectionLeavesAnOutcomeUnknown() {
            let codes: [PostgresError.Code] = [
                .server, .connectFailed, .unavailable, .overloaded, .closed, .mismatch, .badConnectionString,
                .migration,
            ]
            for code in codes { #expect(!PostgresError(code, "").outcomeUnknown) }
            #expect(PostgresError(.connectionLost, "").outcomeUnknown && PostgresError(.connectionLost, "").isRetryable)
        }
    }
}
