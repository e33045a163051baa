import API
import HTTPTypes

extension Answer {
    /// Nothing runs, loads or is sent but what this gateway serves.
    private static let policy =
        "default-src 'none'; style-src 'self'; script-src 'self'; img-src 'self' data:; connect-src 'self'; "
        + "form-action 'self'; base-uri 'none'; frame-ancestors 'none'"

    /// Of all answers that pages give. Referrers stay within the origin: with none at all, browsers would hide the origin of
    /// forms as well.
    static let pageFields: HTTPFields = [
        .contentSecurityPolicy: policy, .xContentTypeOptions: "nosniff", .referrerPolicy: "same-origin",
        .openerPolicy: "same-origin", .resourcePolicy: "same-origin", .cacheControl: "no-store",
    ]

    static func page(_ status: HTTPResponse.Status, _ html: HTML, _ more: HTTPFields = [:]) -> Answer {
        var fields = pageFields
        fields.append(contentsOf: more)
        fields[.contentType] = "text/html; charset=utf-8"
        return Answer(status, fields, bytes: Array(html.text.utf8))
    }

    static func page(_ problem: Problem, _ layout: Layout) -> Answer {
        let reference: HTML = problem.reference.map { "<p>The gateway's log has more under \($0).</p>" } ?? .empty
        let html = layout.document(
            title: problem.kind.title,
            """
            <main id="main"><h1>\(problem.kind.title)</h1><p class="fault" role="alert">\(problem.detail)</p>\(reference)
            <p><a href="/">Overview</a></p></main>
            """)
        return page(problem.kind.status, html, problem.fields)
    }

    static func seeOther(_ path: String) -> Answer {
        var fields = pageFields
        fields[.location] = path
        return Answer(.seeOther, fields, bytes: [])
    }
}
