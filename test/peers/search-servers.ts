// Both search servers, for the tests of a file.
import { clear } from './documents.ts'
import { type SearchNode, startElasticsearch, startOpenSearch } from './peers.ts'

/** Started by the first test that needs them; running until `stopServers`. */
const nodes = new Map<'opensearch' | 'elasticsearch', SearchNode>()

/** Both servers, as new; they are started once, since that takes half of the time. */
export async function emptyServers(): Promise<{
  opensearch: SearchNode
  elasticsearch: SearchNode
}> {
  if (!nodes.has('opensearch')) nodes.set('opensearch', await startOpenSearch())
  if (!nodes.has('elasticsearch')) nodes.set('elasticsearch', await startElasticsearch())
  for (const { url } of nodes.values()) await clear(url)
  return { opensearch: nodes.get('opensearch')!, elasticsearch: nodes.get('elasticsearch')! }
}

export async function stopServers(): Promise<void> {
  for (const node of nodes.values()) await node.stop()
}
