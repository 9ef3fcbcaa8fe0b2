// What an audit trail of OAuth is for, in seven rows, and the steps of the demo that show it.
import type { StepName } from '../traffic/traffic.ts'

/** A part of a row, in the mission's words. */
export interface Part {
  readonly words: string
  /** Steps whose records show it; `all` of them; or what else of the demo does. */
  readonly steps?: readonly StepName[] | 'all'
  /** What is to be seen there; without steps and this, it is not there yet. */
  readonly shows?: string
}

export interface Row {
  readonly title: string
  readonly parts: readonly Part[]
}

export const mission: readonly Row[] = [
  {
    title: 'Traceability',
    parts: [
      {
        words:
          'every action, from issuing a token to an API call, leads back to a user, client or ' +
          'resource owner',
        steps: ['log-in', 'refresh', 'orders read', 'client credentials', 'order by machine'],
        shows: 'user and client, by the same pseudonym in each service; `grantlog lineage`',
      },
      {
        words: 'validation: records match what happened and the access policy',
        steps: 'all',
        shows: 'each record is compared with [`expected.ts`](examples/demo/expected.ts)',
      },
      {
        words: 'non-repudiation: signatures and tamper-proof logs',
        steps: 'all',
        shows: 'each record is signed by its service and sealed; the drill tampers and is found',
      },
    ],
  },
  {
    title: 'Token lifecycle',
    parts: [
      {
        words: 'issuance (client, scopes, expiry, user)',
        steps: ['log-in', 'log-in, less granted', 'code exchange', 'client credentials'],
        shows: 'who, for which client, scopes asked for and granted, lifetime, hash of the token',
      },
      {
        words: 'refresh (when and why)',
        steps: ['refresh', 'refresh retried', 'refresh token stolen', 'refresh after theft'],
        shows: 'rotation, a harmless retry told from reuse',
      },
      {
        words: 'revocation and expiry (manual or by time)',
        steps: [
          'revocation by the client',
          'revocation by a machine',
          'logout',
          'code replay',
          'token expired',
          'refresh token expired',
          'use after revocation',
        ],
        shows: 'why, and what went with it',
      },
    ],
  },
  {
    title: 'Attempts',
    parts: [
      {
        words:
          'every authentication and authorization attempt of every flow, with time, requester, ' +
          'scopes granted, outcome, error code',
        steps: [
          'wrong password',
          'password guessed',
          'consent denied',
          'silent log-in refused',
          'PKCE missing',
          'PKCE wrong',
          'code replay',
          'foreign redirect',
          'unknown client',
          'wrong client secret',
          'scope not allowed',
        ],
        shows: 'outcome, error code, and the real reason behind a generic one',
      },
    ],
  },
  {
    title: 'Resource access',
    parts: [
      {
        words: 'API call ↔ token, endpoint, query parameters, duration',
        steps: [
          'orders read',
          'orders queried',
          'one order read',
          'slow call',
          'feed read',
          'forged token',
          'never validated',
          'denied for audience',
        ],
        shows: 'route, names of query parameters, duration, the hash of the token that was issued',
      },
    ],
  },
  {
    title: 'Role-based auditing',
    parts: [
      {
        words: 'policy by role; scopes allowed against requested; restriction mismatches',
        steps: [
          'log-in, less granted',
          'scope not allowed',
          'denied for scope',
          'denied for role',
          'machine without a role',
        ],
        shows:
          'roles, scopes asked for, allowed, granted, needed, missing; ' +
          'the hash of the policy in force',
      },
      {
        words: 'privileged actions such as mass export or user-data change',
        steps: ['mass export', 'user data changed', 'users listed'],
        shows: 'what kind of privilege, by the policy; role, route, bytes and rows of the answer',
      },
    ],
  },
  {
    title: 'Protected logs',
    parts: [
      {
        words: 'encrypted at rest and in transit',
        steps: 'all',
        shows: 'at rest: one key per person, one per commit; in transit: TLS (the demo: loopback)',
      },
      {
        words: 'hashed with timestamps, immutable storage',
        steps: 'all',
        shows: 'a leaf each in a transparency log, under a signed checkpoint within a second',
      },
      {
        words: 'periodic validation against real system activity',
        steps: 'all',
        shows:
          'each request of the access logs has its record, and each record its request: ' +
          '`grantlog reconcile`, by hand or at an interval; its result is a leaf',
      },
    ],
  },
  {
    title: 'Automation',
    parts: [
      {
        words: 'ingestion into ELK-like stores',
        steps: 'all',
        shows:
          'forwarded to the sink, and to Jaeger if there is one; `receiver --elasticsearch` and ' +
          '`--opensearch` write them as documents',
      },
      {
        words: 'real-time anomaly alerts on token and API use',
        steps: ['refresh token stolen'],
        shows:
          'a rule finds it while it happens, and the authorization server, told by a signed ' +
          'event, ends the session; rules, baselines and the policy are in ' +
          '[RULES.md](packages/detect/RULES.md), findings in the console, in ' +
          '`grantlog findings`, Alertmanager, webhooks and syslog',
      },
      {
        words: 'dashboards, summaries',
        steps: 'all',
        shows:
          'the console: overview, records, tokens, scopes, integrity, health; `search --facets`',
      },
      { words: 'compliance evidence (GDPR, HIPAA, SOC 2, PCI DSS)' },
    ],
  },
]
