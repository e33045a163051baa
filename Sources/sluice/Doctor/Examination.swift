/// What the doctor thinks of a database; pure.
struct Examination {
    let seen: Observations

    var findings: [Finding] { server + capacity + vacuum + schema + gateway }
}
