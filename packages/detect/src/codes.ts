// The closed set of error codes of @grantlog/detect. codes.test.ts compares it with README.md.

/** What happened and what to do, by code. The list is closed. */
export const DETECT_CODES = {
  RULE_YAML: {
    title: 'the rule is no YAML that is taken',
    fix: 'Look for a missing quote, colon or space.',
  },
  RULE_TOO_LARGE: {
    title: 'the rule is too large',
    fix: 'Divide it into several rules.',
  },
  RULE_INVALID: {
    title: 'a part of the rule is missing or of another kind',
    fix: 'Write it as the Sigma specification says.',
  },
  RULE_CONDITION: {
    title: 'the condition cannot be read',
    fix: 'Write names of the detection, and, or, not, parentheses, `1 of name*`, `all of them`.',
  },
  RULE_MODIFIER: {
    title: 'a modifier is unknown, or not for this value',
    fix: 'Use one of the modifiers that README.md lists.',
  },
  RULE_VALUE: {
    title: 'a value does not fit',
    fix: 'Write it as the message says.',
  },
  RULE_REGEX: {
    title: 'the regular expression is not taken',
    fix: 'Write it without lookaround and back references: it is matched in linear time.',
  },
  RULE_REFERENCE: {
    title: 'a rule refers to something that is not there',
    fix: 'Give the `name` or `id` of a rule that is loaded beside it.',
  },
  RULE_DOUBLE: {
    title: 'two rules have the same id or name',
    fix: 'Give each its own.',
  },
  RULE_FIELD_UNKNOWN: {
    title: 'no record has this field',
    fix: 'Use a name of packages/record/ATTRIBUTES.md.',
  },
  RULE_UNUSED: {
    title: 'a part of the rule has no effect',
    fix: 'Name it in the condition, or take it away.',
  },
  RULE_LOGSOURCE: {
    title: 'the rule is for another log source, and is not in force',
    fix: 'Write `product: grantlog` and `service: audit`.',
  },
  RULE_UNREADABLE: {
    title: 'a file of rules cannot be read',
    fix: 'Check that it exists, and that you may read it.',
  },
  EVENT_MALFORMED: {
    title: 'a line is no event',
    fix: 'Give lines of `grantlog export`, or {"id", "atMs", "attributes"}.',
  },
  EVENT_OVER: {
    title: 'an event of a row was asked after the rows that were made with it',
    fix: 'Take what is wanted of it while it is looked at.',
  },
  SNAPSHOT_MALFORMED: {
    title: 'the snapshot of a detector cannot be read',
    fix: 'Remove it: detection starts again from the ledger.',
  },
  SIGNING_KEY_INVALID: {
    title: 'the key that signs security events cannot be read',
    fix: 'Give a private JWK, or move the file away: a new key is made.',
  },
} as const

export type DetectErrorCode = keyof typeof DETECT_CODES

/** The one error class of this package: a code, what happened, what to do about it. */
export class DetectError extends Error {
  readonly code: DetectErrorCode
  readonly title: string
  readonly fix: string

  constructor(code: DetectErrorCode, detail = '', options?: ErrorOptions) {
    const { fix, title } = DETECT_CODES[code]
    super(detail === '' ? title : `${title}: ${detail}`, options)
    this.name = 'DetectError'
    this.code = code
    this.title = this.message
    this.fix = fix
  }
}
