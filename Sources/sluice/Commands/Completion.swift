import ArgumentParser

struct Completion: ParsableCommand {
    enum Shell: String, CaseIterable, ExpressibleByArgument { case bash, zsh, fish }

    static let configuration = CommandConfiguration(
        abstract: "Print a script that completes commands, options, tenants and destinations.",
        discussion: """
            bash: source <(sluice completion bash), or into /etc/bash_completion.d/sluice
            zsh:  into a file _sluice in a directory of $fpath
            fish: into ~/.config/fish/completions/sluice.fish
            """)

    @Argument(help: "bash, zsh or fish.") var shell: Shell

    func run() throws {
        guard let shell = CompletionShell(rawValue: shell.rawValue) else {
            throw CommandError("there is no such shell")
        }
        print(Sluice.completionScript(for: shell))
    }
}
