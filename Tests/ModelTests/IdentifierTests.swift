import Model
import Testing

struct IdentifierTests {
    @Test func isWrittenInLowerCaseAndReadInEither() {
        let id = RequestID.new()
        #expect(id.description == id.description.lowercased())
        #expect(RequestID(id.description) == id)
        #expect(RequestID(id.description.uppercased()) == id)
    }

    @Test(arguments: ["", "x", "0190163d-8694-739b-aea5-966c26f8ad9", "0190163d8694739baea5966c26f8ad91"])
    func refusesWhatIsNoUUID(_ text: String) { #expect(TenantID(text) == nil) }
}
