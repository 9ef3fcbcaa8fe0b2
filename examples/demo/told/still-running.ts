// What to look at while everything still runs. See still-running.test.ts.
import type { Stage } from '../stage/stage.ts'

/** What the demo found. */
export interface ToLookAt {
  /** Place in the log of the stolen refresh token's record. */
  readonly theft?: number | undefined
  /** Its finding. */
  readonly finding?: string | undefined
}

export function stillRunning(
  { adminUrl, apps, data, folder, jaeger, seen, sinkUrl }: Stage,
  { finding = '', theft }: ToLookAt = {},
): string {
  const { alice, bob, carol } = apps.secrets
  return `
It is all still running. Open the console:
  ${adminUrl}/   what happened; then
  ${adminUrl}/records?q=outcome:denied,failure   who was refused, and why
  ${adminUrl}/records/${theft ?? 1}/lineage   the life of the stolen grant: reuse in red
  ${adminUrl}/findings/${finding}   the rule that found it, at once; decide what becomes of it
  ${adminUrl}/findings   what else rules found
  ${adminUrl}/integrity   whether anybody changed it: press "Verify everything"

And use the world that it watches:
  ${apps.web}/   the web shop: log in and press buttons
      alice ${alice}   bob ${bob}   carol ${carol}   (an admin, a user, a guest)
  ${apps.issuer}   the authorization server
  ${apps.api}/orders   the API, for who has a token
  curl -X POST ${apps.worker}/get-token   the machine client; also /place-order, /misdirect
  ${sinkUrl}/spans   what the sink has got
  ${adminUrl}/readyz   the receiver itself${jaeger?.uiUrl ? `\n  ${jaeger.uiUrl}/   Jaeger` : ''}

  export GRANTLOG_DATA=${data}
  npx grantlog search --show-personal
  npx grantlog search outcome:denied,failure
  npx grantlog lineage ${theft ?? 'INDEX'}
  npx grantlog findings list
  npx grantlog tokens
  npx grantlog verify --seen ${seen[0]}${jaeger?.uiUrl ? ` --jaeger ${jaeger.uiUrl}` : ''}
  npx grantlog prove INDEX --disclose user
  npx grantlog doctor --admin-port ${new URL(adminUrl).port}

Ctrl-C ends it; the data stays in ${folder}`
}
