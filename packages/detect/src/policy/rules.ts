// The rules that a policy is, by what they find. Their ids never change; their hashes are of the
// policy, too, for another policy finds other things.
import { sha256 } from '@grantlog/ledger'
import { base64url, jcsBytes, type Policy } from '@grantlog/record'
import type { RuleName } from '../detection.ts'

/** What of the policy was found. */
export type PolicyRule =
  | 'allowed_role'
  | 'allowed_scope'
  | 'denied'
  | 'denied_repeatedly'
  | 'granted_beyond_client'
  | 'granted_beyond_role'
  | 'granted_unregistered'
  | 'requested_beyond'
  | 'privileged'
  | 'privileged_by_other'
  | 'privileged_too_much'
  | 'unknown_policy'
  | 'level_lowered'

const asvs = (section: string): string => `OWASP ASVS 5.0 ${section}`

type Row = Omit<RuleName, 'hash'>

const table: Readonly<Record<PolicyRule, Row>> = {
  allowed_role: {
    id: '5b7a4f0e-6a0d-4c3b-9a1e-0f6f0f3c1a01',
    title: 'Let in although the policy asks for another role',
    level: 'critical',
    attack: ['T1078', 'T1548'],
    references: [asvs('8.2.1'), 'NIST SP 800-53 AC-3'],
  },
  allowed_scope: {
    id: '5b7a4f0e-6a0d-4c3b-9a1e-0f6f0f3c1a02',
    title: 'Let in although the policy asks for a scope that the token lacks',
    level: 'critical',
    attack: ['T1078', 'T1550.001'],
    references: ['RFC 6750 3.1', asvs('10.3.2')],
  },
  denied: {
    id: '5b7a4f0e-6a0d-4c3b-9a1e-0f6f0f3c1a03',
    title: 'Refused for lack of a role or scope that the policy asks for',
    level: 'low',
    attack: ['T1078'],
    references: ['RFC 6750 3.1', asvs('16.3.2')],
  },
  denied_repeatedly: {
    id: '5b7a4f0e-6a0d-4c3b-9a1e-0f6f0f3c1a04',
    title: 'Refused again and again on a route that the policy restricts',
    level: 'medium',
    attack: ['T1078', 'T1087'],
    references: [asvs('16.3.2')],
  },
  granted_beyond_client: {
    id: '5b7a4f0e-6a0d-4c3b-9a1e-0f6f0f3c1a05',
    title: 'A token with scopes that the policy does not allow its client',
    level: 'high',
    attack: ['T1098.003', 'T1528'],
    references: ['RFC 6749 3.3', 'RFC 9700 2.3'],
  },
  granted_beyond_role: {
    id: '5b7a4f0e-6a0d-4c3b-9a1e-0f6f0f3c1a06',
    title: 'A token with scopes that the policy does not allow the roles of its user',
    level: 'high',
    attack: ['T1098.003', 'T1528'],
    references: ['RFC 6749 3.3', 'RFC 9700 2.3'],
  },
  granted_unregistered: {
    id: '5b7a4f0e-6a0d-4c3b-9a1e-0f6f0f3c1a07',
    title: 'Granted more than the registration of the client allows',
    level: 'high',
    attack: ['T1098.003', 'T1528'],
    references: ['RFC 7591 2'],
  },
  requested_beyond: {
    id: '5b7a4f0e-6a0d-4c3b-9a1e-0f6f0f3c1a08',
    title: 'Asked for scopes that the policy does not allow',
    level: 'low',
    attack: ['T1528'],
    references: ['RFC 6749 3.3'],
  },
  privileged: {
    id: '5b7a4f0e-6a0d-4c3b-9a1e-0f6f0f3c1a09',
    title: 'A privileged action',
    level: 'informational',
    attack: ['T1078'],
    references: [asvs('16.3.2'), 'NIST SP 800-53 AC-6(9)'],
  },
  privileged_by_other: {
    id: '5b7a4f0e-6a0d-4c3b-9a1e-0f6f0f3c1a0a',
    title: 'A privileged action by somebody whose roles the policy does not name for it',
    level: 'critical',
    attack: ['T1078', 'T1548'],
    references: ['NIST SP 800-53 AC-6'],
  },
  privileged_too_much: {
    id: '5b7a4f0e-6a0d-4c3b-9a1e-0f6f0f3c1a0b',
    title: 'More of a privileged action than the policy allows',
    level: 'high',
    attack: ['T1213', 'T1567'],
    references: ['NIST SP 800-53 AC-6(9)', 'NIST SP 800-53 SI-4'],
  },
  unknown_policy: {
    id: '5b7a4f0e-6a0d-4c3b-9a1e-0f6f0f3c1a0c',
    title: 'Records under a policy that the log does not know',
    level: 'informational',
    attack: ['T1562.008'],
    references: ['NIST SP 800-53 AU-12'],
  },
  level_lowered: {
    id: '5b7a4f0e-6a0d-4c3b-9a1e-0f6f0f3c1a0d',
    title: 'Recorded at a lower level than the policy that the record names',
    level: 'medium',
    attack: ['T1562.008'],
    references: ['NIST SP 800-53 AU-12'],
  },
}

export function rulesOf({ hash }: Pick<Policy, 'hash'>): ReadonlyMap<PolicyRule, RuleName> {
  const names = Object.keys(table) as PolicyRule[]
  return new Map(
    names.map((name) => {
      const rule = table[name]
      return [name, { ...rule, hash: base64url(sha256(jcsBytes({ policy: hash, rule: rule.id }))) }]
    }),
  )
}
