// Fields of events that are no records: what the receiver says itself in the log, and what is
// derived of any record. README.md tells what each means. Rules may ask for them as for
// attributes.

/** Of `audit.action` `ledger.…`. */
export const ledgerFields: readonly string[] = [
  'ledger.stream',
  'ledger.stream.kid',
  'ledger.stream.last_seq',
  'ledger.refusals.sender',
  'ledger.refusals.count',
  'ledger.refusals.reasons',
  'ledger.gap.no_record',
  'ledger.gap.without_line',
  'ledger.gap.streams',
  'ledger.missing.first',
  'ledger.missing.count',
  'ledger.sink.name',
  'ledger.sink.state',
  'ledger.sink.commits',
]

/** What eventOf adds to each record. */
export const eventFields: readonly string[] = ['event.duration_ms']
