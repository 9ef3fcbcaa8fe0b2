/**
 * The HTTP API of the console, below `/api/v1`. Everything is read-only but `runs`, `comparisons`,
 * `exports`, `decision` and `silences`, which change no record. What each answers is in the files
 * beside this one; `openapi.json` is made from them.
 *
 * | path | parameters | answer |
 * |---|---|---|
 * | `state` | | State |
 * | `fields` | | Fields |
 * | `completions` | `q`, `at` (units of q before the caret) | Completions |
 * | `records` | `q`, `limit` (to 200), `cursor`, `order` (`newest`, `oldest`), `personal` | Page |
 * | `facets` | `q`, `fields` (by commas, at most 16), `top` (1–50, default 8) | Facets |
 * | `breakdown` | `q`, `by` (default `error`), `into` (default `reason`), `top` | Breakdown |
 * | `histogram` | `q`, `buckets` (1–300, default 60), `by` (a facet field, or none) | Histogram |
 * | `latency` | `q`, `by` (a facet field, default `action`), `top` | Latency |
 * | `live` | `q`, `personal`; header `Last-Event-ID` | events |
 * | `records/INDEX` | `personal` | Record |
 * | `records/INDEX/bundle` | `disclose` (`none`, `all`) | Bundle, of a log record LogBundle |
 * | `verify.py` | | the second verifier, in Python |
 * | `records/INDEX/lineage` | `personal` | Lineage |
 * | `lineage` | `target` (an index, id or hash), `personal` | Lineage |
 * | `tokens`, `sessions` | `state`, `q`, `limit`, `cursor` | Tokens, Sessions |
 * | `scopes` | `by` (`client`, `role`), `q` | Scopes |
 * | `integrity` | | Integrity |
 * | `runs` (POST `{what}`), `runs/ID` | | Run |
 * | `comparisons` (POST `{service}`), `comparisons/ID` | | Run |
 * | `exports` (POST `{query, format}`), `exports/ID` | | Export |
 * | `findings` | `status`, `level`, `rule`, `silenced` | Findings |
 * | `findings/ID` | | RuleFinding |
 * | `findings/ID/decision` (POST `{status, note, person}`), `silences` (POST) | | HandedOver |
 * | `health` | | Health |
 *
 * At the root, where other programs look for them: `/checkpoint` and `/tile/…`
 * (c2sp.org/tlog-tiles), `/metrics` (Prometheus).
 *
 * @module
 */
export const API_BASE = '/api/v1'
