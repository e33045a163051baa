import API
import Tenants

/// The frame of all pages.
struct Layout {
    let assets: Assets

    struct Item {
        let path: String
        let words: String
    }

    private static let items = [
        Item(path: "/", words: "Overview"), Item(path: "/destinations", words: "Destinations"),
        Item(path: "/requests", words: "Requests"), Item(path: "/dead-letters", words: "Dead letters"),
        Item(path: "/replays", words: "Replays"), Item(path: "/flags", words: "Flags"),
    ]

    /// - Parameter page: what the visitor asked for.
    func document(_ page: Page, _ visit: Visit) -> HTML {
        let items = visit.tenant == nil ? Array(Self.items.prefix(1)) : Self.items
        let links = items.html { item in
            let current: HTML = item.path == page.section ? " aria-current=\"page\"" : ""
            return "<li><a href=\"\(visit.link(item.path))\"\(current)>\(item.words)</a></li>\n"
        }
        let isLive = page.parts.contains(where: \.isLive)
        return document(
            title: page.title,
            """
            <a class="skip" href="#main">Skip to the content</a>
            <header><nav aria-label="Pages"><a class="brand" href="/">Sluice</a><ul>
            \(links)</ul></nav>
            <div class="who"><span>\(who(visit))</span>
            <form method="post" action="/logout">\(visit.formToken)<button class="quiet">Log out</button></form></div></header>
            <main id="main" tabindex="-1"\(isLive ? liveSource(visit) : .empty)>
            <div class="title"><h1>\(page.heading)</h1>
            <p class="freshness"><span id="freshness" role="status"></span> <a href="\(visit.target)">Refresh</a></p></div>
            \(visit.notice)\(page.parts.html(\.markup))
            </main>
            """)
    }

    private func liveSource(_ visit: Visit) -> HTML { " data-live=\"/live?page=\(percentEncoded(visit.target))\"" }

    private func who(_ visit: Visit) -> HTML {
        switch visit.viewer {
        case .tenant(_, let tenant): "Tenant <strong>\(tenant.name)</strong>"
        case .operator:
            visit.tenant.map { "Operator · tenant <strong>\($0.name)</strong> · <a href=\"/\">all tenants</a>" }
                ?? "Operator · all tenants"
        }
    }

    func document(title: String, _ body: HTML) -> HTML {
        """
        <!DOCTYPE html>
        <html lang="en">
        <head>
        <meta charset="utf-8">
        <meta name="viewport" content="width=device-width, initial-scale=1">
        <meta name="color-scheme" content="light dark">
        <title>\(title) – Sluice</title>
        <link rel="icon" href="\(assets.icon.path)" type="image/svg+xml">
        <link rel="stylesheet" href="\(assets.style.path)">
        <script src="\(assets.script.path)" defer></script>
        </head>
        <body>
        \(body)
        </body>
        </html>

        """
    }
}
