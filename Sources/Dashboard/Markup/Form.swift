/// Parts of forms: each field has its label.
enum Form {
    struct Choice {
        let value: String
        let words: String

        init(_ value: String, _ words: String? = nil) { (self.value, self.words) = (value, words ?? value) }
    }

    static func text(
        _ name: String, _ label: String, value: String = "", hint: String = "", isRequired: Bool = false,
        kind: String = "text"
    ) -> HTML {
        """
        <p class="field"><label for="f-\(name)">\(label)</label>
        <input id="f-\(name)" name="\(name)" type="\(kind)" value="\(value)" placeholder="\(hint)" \
        autocomplete="off" spellcheck="false"\(isRequired ? " required" : .empty as HTML)></p>
        """
    }

    static func choice(_ name: String, _ label: String, _ choices: [Choice], chosen: String = "") -> HTML {
        let options = choices.html { choice in
            let selected: HTML = choice.value == chosen ? " selected" : ""
            return "<option value=\"\(choice.value)\"\(selected)>\(choice.words)</option>"
        }
        return """
            <p class="field"><label for="f-\(name)">\(label)</label>
            <select id="f-\(name)" name="\(name)">\(options)</select></p>
            """
    }

    static func hidden(_ name: String, _ value: String) -> HTML {
        "<input type=\"hidden\" name=\"\(name)\" value=\"\(value)\">"
    }
}
