#!/usr/bin/env python3
"""A second verifier of Grantlog, written from FORMAT.md alone; "3.2" below is its section 3.2.

    verify.py bundle FILE.json|FILE.jsonl [--key VKEY] [--strict]          proofs of single records
    verify.py ledger DIR|URL --key VKEY [--bundles FILE.jsonl] [--strict]  the whole log

VKEY is the log's verifier key or a file that holds it. Each finding is a line `word where: why`:
altered (not the bytes that were hashed), missing (something that must be there), unsigned (by the
log's key), conflict (statements that cannot both be true), malformed (not as FORMAT.md says),
forged (a signature that is wrong or not in its key's power). A line `warning where: why` is none: a
record is sound, but of a key that was declared compromised from before it (3.4). The last line is a
JSON summary. Exit status: 0 no findings, 1 findings (with --strict: or warnings), 2 wrong usage.
"""
import argparse, base64, hashlib, http.client, json, os, re, sys, urllib.request  # noqa: E401
from datetime import datetime, timezone
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
findings = []
class Finding(ValueError):
    """Raised with (why, word); `attempt` adds where."""
def need(ok, why, word='malformed'):
    if not ok:
        raise Finding(why, word)
def attempt(where, call, *arguments):
    """The call's result, or None after printing why there is none."""
    try:
        return call(*arguments)
    except Finding as finding:
        why, word = finding.args
    except InvalidSignature:
        why, word = 'a signature does not verify', 'forged'
    except (ValueError, RecursionError) as error:  # of the decoders of base64, UTF-8 and JSON
        why, word = error, 'malformed'
    findings.append(word)
    print(ascii(f'{word} {where}: {why}')[1:-1])  # hostile text cannot break the line

# ---- Encodings (Conventions)
def sha256(*parts):
    return hashlib.sha256(b''.join(parts)).digest()
def b64u(data):
    return base64.urlsafe_b64encode(data).decode().rstrip('=')
def unb64(text, url=False):
    """The bytes of b64 (or b64u) text; every spelling but the canonical one is refused."""
    data = base64.b64decode(text + '=' * (-len(text) % 4), '-_' if url else '+/')
    need(text == (b64u(data) if url else base64.b64encode(data).decode()), 'not canonical base64')
    return data
def parse(what, text, form, jcs=True):
    """JSON of a form (below); no member twice, no number but integers up to 2^53-1, and (if jcs)
    spelt as in RFC 8785. (Python escapes strings as ECMAScript does.)"""
    def members(pairs):
        names = [name.encode('utf-16-be') for name, _ in pairs]
        need(len(set(names)) == len(names), f'{what} repeats a member')
        need(not jcs or names == sorted(names), f'{what} is not in JCS order')
        return dict(pairs)
    def number(token):
        need(token.isdigit() and len(token) <= 16 and int(token) < 2**53, f'number in {what}')
        return int(token)
    value = json.loads(text, object_pairs_hook=members, parse_int=number, parse_float=number,
                       parse_constant=number)
    spelt = json.dumps(value, ensure_ascii=False, separators=(',', ':'), sort_keys=not jcs)
    need(not jcs or spelt.encode() == text.encode(), f'{what} is not in JCS form')
    need(re.fullmatch(form, spelt), f'{what} has wrong members or values')
    return value

# ---- Forms: regular expressions of JCS text. PARTS are filled in; braces but counts are literal
def form(template):
    return re.sub(r'\b[A-Z][A-Z0-9]+\b', lambda match: f'(?:{PARTS[match[0]]})', template)
PARTS = {'INT': '[0-9]+', 'STR': r'"[^"\\]*(?:\\.[^"\\]*)*"', 'NANOS': '"[1-9][0-9]{0,16}000"',
         'B16': '"[A-Za-z0-9_-]{21}[AQgw]"', 'B32': '"[A-Za-z0-9_-]{42}[AEIMQUYcgkosw048]"',
         'UUID': '"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}"',
         'SLOT': '"(?:user|actor|target|pseudonym|network|request)"'}
PARTS['LOGSLOT'] = PARTS['SLOT'].replace('|request', '|request|body|unregistered')
PARTS['TEXT'], PARTS['LIST'] = form('(?!"")STR'), form(r'\[(?:STR(?:,STR)*)?\]')
PARTS['FIELD'] = form(  # 1.4: a name and its tagged value
    r'(?!"audit\.slot\.)TEXT:(?:{"stringValue":TEXT}|{"intValue":"(?:0|-?[1-9][0-9]{0,18})"}'
    '|{"boolValue":(?:true|false)})')
CANONICAL = form(  # 1.4, 1.2
    '{"attributes":{(?:FIELD(?:,FIELD)*)?},"endTimeUnixNano":NANOS,"kind":[0-5],"name":TEXT,'
    '"parentSpanId":"(?:[0-9a-f]{16})?","slots":{(?:SLOT:B32(?:,SLOT:B32)*)?},'
    '"spanId":"(?!0{16})[0-9a-f]{16}","startTimeUnixNano":NANOS,'
    '"status":{"code":[12],"message":STR},"traceId":"(?!0{32})[0-9a-f]{32}"}')
OPENING = form('{"fields":{FIELD(?:,FIELD)*},"salt":B16}')  # 1.3
HEADER = '{"alg":"Ed25519","kid":"%s","typ":"grantlog-batch+jws"}'  # 2.1
BATCH = form('{"aud":STR,"c14n":"grantlog-span-v1","firstSeq":INT,"iat":INT,"instance":B16,'
             '"n":INT,"prevRoot":(?:""|B32),"registry":INT,"root":B32}')
LEAF = form(  # 3.2; it follows that a leaf is shorter than 1,024 bytes
    '{"digest":B32,"id":(?=.{15}7.{4}[89ab])UUID,"instance":B16,"kid":B32,"receivedAt":INT,'
    '"seq":INT,"type":"(?:record|start|heartbeat|stop)","v":1}'
    '|{"digest":B32,"id":B32,"receivedAt":INT,"type":"key","v":1}'
    '|{"digest":B32,"id":UUID,"observed":B32,"receivedAt":INT,'
    '"signature":"(?:none|unverified|signed)","type":"log","v":1}'
    '|{"digest":B32,"id":UUID,"receivedAt":INT,'
    '"type":"(?:finding|policy|refusals|sink|validation)","v":1}'
    '|{"instance":B16,"kid":B32,"lastSeen":INT,"lastSeq":INT,"receivedAt":INT,"type":"unclosed",'
    '"v":1}|{"count":INT,"first":INT,"hash":B32,"receivedAt":INT,"type":"frame","v":1}')
ENROLMENT = form(  # 3.4
    '{"assurance":"(?:configured|issuer-asserted|tofu)","audience":STR,"issuers":LIST,"kid":B32,"publicKey":B32,'
    '(?:"revoked":"(?:unspecified|key_compromise|superseded|cessation_of_operation)",)?'
    '"roles":LIST,"services":LIST,(?:"since":INT,)?"validFrom":INT,"validUntil":INT}')
LOG = form(  # 6.2, but for what is in a tagged value
    '{"attributes":{.*},"eventName":STR,"flags":INT,"id":UUID,"observedTimeUnixNano":"INT",'
    '"redacted":LIST,"resource":{"attributes":{.*},"schemaUrl":STR},"scope":{"attributes":{.*},'
    '"name":STR,"schemaUrl":STR,"version":STR},"severityNumber":INT,"severityText":STR,'
    '"slots":{(?:LOGSLOT:B32(?:,LOGSLOT:B32)*)?},"spanId":"(?:[0-9a-f]{16})?",'
    '"timeUnixNano":"INT","traceId":"(?:[0-9a-f]{32})?"}')
LOGOPENING = form('{"fields":{.+},"salt":B16}')
SEEN = '"signature":"(?:none|unverified|signed)","signer":STR}'
OBSERVATION = form(  # 6.3
    '{"caller":STR,(?:"edge":{"caller":STR,"digest":B32,"index":INT,"origin":TEXT,'
    '"proof":"(?:address|certificate|token|none)","receivedAt":INT,' + SEEN + ',)?'
    '"proof":"(?:address|certificate|token|none)","salt":B16,' + SEEN)
LOGBUNDLE = form(  # 6.4
    '{"canonical":STR,"format":"grantlog-log-bundle-v1","index":INT,"leaf":STR,"logKey":STR,'
    '"observation":STR,"openings":{(?:STR:STR(?:,STR:STR)*)?},"proof":STR}')
BUNDLE = form(  # 4
    '{"canonical":STR,"digests":STR,"enrolment":STR,"format":"grantlog-bundle-v1","index":INT,'
    '"jws":STR,"keyIndex":INT,"keyLeaf":STR,"keyProof":STR,"leaf":STR,"logKey":STR,'
    '"openings":{(?:STR:STR(?:,STR:STR)*)?},"proof":STR'
    '(?:,"revocation":STR,"revocationIndex":INT,"revocationLeaf":STR,"revocationProof":STR)?}')

# ---- Merkle trees (RFC 9162), Ed25519, signed notes
def tree_hash(nodes):
    """The tree hash, level by level: a last node without partner moves up as it is."""
    while len(nodes) > 1:
        pairs = [sha256(b'\1', *pair) for pair in zip(nodes[::2], nodes[1::2])]
        nodes = pairs + nodes[2 * len(pairs):]
    return nodes[0] if nodes else sha256()
def verify(public, signature, message):
    """Ed25519; a key of small order or in a non-canonical encoding is refused (3.4)."""
    p, y = 2**255 - 19, int.from_bytes(public, 'little') % 2**255
    order8 = 2707385501144840649318225287225658788936804267575313519463743609750303402022
    need(y < p and y not in (0, 1, p - 1, order8, p - order8), 'weak public key', 'forged')
    Ed25519PublicKey.from_public_bytes(public).verify(signature, message)
def log_key(vkey):
    """A verifier key of c2sp.org/signed-note, name+id+b64(0x01 ‖ key), as (name, id, key)."""
    part = re.fullmatch(r'([^\s+]+)\+([0-9a-f]{8})\+(\S{44})', vkey)
    key = unb64(part[3]) if part else b''
    need(key[:1] == b'\1' and part[2] == sha256(part[1].encode(), b'\n', key)[:4].hex(), 'no vkey')
    return part[1], bytes.fromhex(part[2]), key[1:]

def checkpoint(note, key):
    """Size and root of a c2sp.org/tlog-checkpoint that the log's key has signed."""
    body, _, tail = note.rpartition('\n\n')
    lines = [re.fullmatch(r'— ([^\s+]+) (\S{8,})', line) for line in tail[:-1].split('\n')]
    need(tail[-1:] == '\n' and len(lines) <= 100 and all(lines)
         and not re.search('[\0-\t\v-\x1f]', note), 'not a signed note')
    ours = [data for data in (unb64(line[2]) for line in lines if line[1] == key[0])
            if data[:4] == key[1]]
    need(ours, f'no signature by {key[0]}', 'unsigned')
    for data in ours:
        verify(key[2], data[4:], f'{body}\n'.encode())
    match = re.fullmatch('(.+)\n(0|[1-9][0-9]{0,14})\n([^=\n]{43}=)(?:\n.+)*', body)
    need(match and match[1] == key[0], f'not a checkpoint of {key[0]}')
    return int(match[2]), unb64(match[3])
def logged(proof, index, entry, key):
    """Checks the c2sp.org/tlog-proof of an entry; returns its checkpoint."""
    head, _, note = proof.partition('\n\n')
    match = re.fullmatch('c2sp[.]org/tlog-proof@v1\n(?:extra (.*)\n)?index (.+)((\n.{43}=)*)', head)
    need(match and match[2] == str(index), f'not a tlog-proof of index {index}')
    _, *path = [unb64(line) for line in [match[1] or '', *match[3].split()]]
    node, (size, root) = sha256(b'\0', entry.encode()), checkpoint(note, key)
    inner = (index ^ size - 1).bit_length()  # from that level on, all siblings are on the left
    need(index < size and len(path) == inner + bin(index >> inner).count('1'), 'bad tlog-proof')
    for level, sibling in enumerate(path):
        left = level >= inner or index >> level & 1
        node = sha256(b'\1', sibling, node) if left else sha256(b'\1', node, sibling)
    need(node == root, f'entry {index} is not in the tree of its checkpoint', 'altered')
    return size, root

def hashed(what, label, text, expected):
    need(b64u(sha256(label, text.encode())) == expected, f'{what} is not as hashed', 'altered')
def check_log_bundle(bundle, key):
    """Checks a bundle of a log record (6.4)."""
    leaf, log, seen = (parse(name, bundle[name], form) for name, form in (
        ('leaf', LEAF), ('canonical', LOG), ('observation', OBSERVATION)))
    need(leaf['type'] == 'log', 'a leaf of the wrong type')
    hashed('canonical form', b'grantlog-log-v1\n', bundle['canonical'], leaf['digest'])
    hashed('observation', b'grantlog-observed-v1\n', bundle['observation'], leaf['observed'])
    for slot, text in bundle['openings'].items():
        hashed(f'opening of {slot}', b'grantlog-slot-v1\n', text, log['slots'].get(slot))
        fields = parse(f'opening of {slot}', text, LOGOPENING)['fields']
        need(slot != 'body' or list(fields) == ['body'], 'the body has another field')
    need(log['id'] == leaf['id'] and seen['signature'] == leaf['signature']
         and (seen['signature'] == 'signed') == bool(seen['signer']),
         'leaf, record and observation differ in id or signature', 'conflict')
    return bundle, [logged(bundle['proof'], bundle['index'], bundle['leaf'], key)]
def check_revocation(bundle, leaf, key):
    """Checks what a bundle says of the end of its key (3.4, 4); returns its proof's checkpoint."""
    end, end_leaf = (parse(name, bundle[name], form) for name, form in (
        ('revocation', ENROLMENT), ('revocationLeaf', LEAF)))
    hashed('revocation', b'grantlog-key-v1\n', bundle['revocation'], end_leaf['digest'])
    need(end_leaf['type'] == 'key' and end_leaf['id'] == end['kid'] == leaf['kid']
         and bundle['revocationIndex'] > bundle['index'] and 'revoked' in end
         and leaf['receivedAt'] >= 1000 * end.get('since', 2**53),
         'the revocation is not about the record', 'conflict')
    return [logged(*map(bundle.get, ('revocationProof', 'revocationIndex', 'revocationLeaf')), key)]
def check_bundle(data, key):
    """Checks a bundle (4); returns it and the checkpoints of its proofs."""
    bundle = parse('bundle', data.decode(), f'{BUNDLE}|{LOGBUNDLE}', jcs=False)
    key = key or log_key(bundle['logKey'])
    if 'observation' in bundle:
        return check_log_bundle(bundle, key)
    leaf, key_leaf, span, grant = (parse(name, bundle[name], form) for name, form in (
        ('leaf', LEAF), ('keyLeaf', LEAF), ('canonical', CANONICAL), ('enrolment', ENROLMENT)))
    need('seq' in leaf and key_leaf['type'] == 'key', 'leaves of the wrong type')
    hashed('canonical form', b'grantlog-span-v1\n', bundle['canonical'], leaf['digest'])
    hashed('enrolment', b'grantlog-key-v1\n', bundle['enrolment'], key_leaf['digest'])
    fields = list(span['attributes'].items())
    for slot, text in bundle['openings'].items():  # 1.3
        hashed(f'opening of {slot}', b'grantlog-slot-v1\n', text, span['slots'].get(slot))
        fields += parse(f'opening of {slot}', text, OPENING)['fields'].items()
    texts = [span['status']['message'], *(field.get('stringValue', '') for _, field in fields)]
    need(len(dict(fields)) == len(fields) and len(span['name'].encode()) <= 256
         and all(len(text.encode()) <= 1024 for text in texts)
         and all(-2**63 <= int(field.get('intValue', 0)) < 2**63 for _, field in fields)
         and int(span['startTimeUnixNano']) < int(span['endTimeUnixNano']) < 2**64,
         'the record has a field twice or breaks a limit of 1.2')
    header, payload, signature = (unb64(part, url=True) for part in bundle['jws'].split('.'))  # 2.1
    jwk = '{"crv":"Ed25519","kty":"OKP","x":"%s"}' % grant['publicKey']  # RFC 7638
    need(leaf['kid'] == key_leaf['id'] == grant['kid'] == b64u(sha256(jwk.encode()))
         and header.decode() == HEADER % leaf['kid'], 'kids differ', 'conflict')
    verify(unb64(grant['publicKey'], True), signature, bundle['jws'].rpartition('.')[0].encode())
    batch = parse('JWS payload', payload.decode(), BATCH)
    digests = unb64(bundle['digests'], url=True)  # 2.2
    root = tree_hash([sha256(b'\0', digests[at:at + 32]) for at in range(0, len(digests), 32)])
    need(len(digests) == 32 * batch['n'] <= 32 * 1024 and b64u(root) == batch['root'],
         'the digests are not those that were signed', 'altered')
    said = {name: value for name, field in span['attributes'].items() for value in field.values()}
    place = 32 * (leaf['seq'] - batch['firstSeq'])
    kinds = {f'audit.stream.{kind}': kind for kind in ('start', 'heartbeat', 'stop')}
    need(place >= 0 and b64u(digests[place:place + 32]) == leaf['digest']
         and span['attributes'].get('audit.sequence.number') == {'intValue': str(leaf['seq'])}
         and batch['instance'] == leaf['instance'] and said.get('audit.record.id') == leaf['id']
         and kinds.get(said.get('audit.action'), 'record') == leaf['type'],
         'leaf, record and batch differ in place, instance, id, seq or type', 'conflict')
    for items in (grant['issuers'], grant['roles'], grant['services']):  # 3.4
        need(items == sorted(items, key=lambda item: item.encode('utf-16-be')), 'unsorted array')
    role, issuer, service = map(said.get, ('oauth.role', 'oauth.issuer', 'audit.producer.service'))
    need(batch['aud'] == grant['audience'] and service in grant['services']
         and 'revoked' not in grant
         and (role in grant['roles'] or role is None and said['audit.action'][:6] == 'audit.')
         and (role == 'observer') == ('audit.observed.by' in said)
         and issuer in (grant['issuers'] or [issuer]) + [None] * (
             role not in ('authorization_server', 'observer'))
         and grant['validFrom'] <= batch['iat'] <= (grant['validUntil'] or 2**64)
         and leaf['receivedAt'] <= 1000 * ((grant['validUntil'] or 2**53) + 7 * 86400),
         'the record is not in the scope of its key', 'forged')
    need(bundle['keyIndex'] < bundle['index'], 'the key was enrolled after the record', 'conflict')
    more = check_revocation(bundle, leaf, key) if 'revocation' in bundle else []
    return bundle, [logged(bundle['proof'], bundle['index'], bundle['leaf'], key),
                    logged(bundle['keyProof'], bundle['keyIndex'], bundle['keyLeaf'], key), *more]
class Ledger:  # the whole log (3)
    records, logs, clock, framed, root = 0, 0, 0, 0, b''
    def __init__(self, base, key):
        self.base = base.rstrip('/') if re.match('https?://', base) else (
            'file://' + urllib.request.pathname2url(os.path.abspath(base)))
        self.key, self.hashes, self.streams, self.keys, self.roots = key, [], {}, {}, {}
        self.heard = {}
    def read(self, path, width=256):
        """A file; for a partial tile maybe the full one that has replaced it (3.1)."""
        try:
            part = f'.p/{width}' * (width < 256)
            with urllib.request.urlopen(f'{self.base}/{path}{part}', timeout=60) as file:
                return file.read(2**25)  # no entry bundle is that long
        except (OSError, http.client.HTTPException) as error:
            need(part, f'{path} cannot be read: {error}', 'missing')
            return self.read(path)
    def tile(self, kind, number, width):
        *high, low = f'{number:,}'.split(',')
        path = ''.join(f'x{part:0>3}/' for part in high) + f'{low:0>3}'
        return self.read(f'tile/{kind}/{path}', width)
    def check(self):
        size, signed_root = checkpoint(self.read('checkpoint').decode(), self.key)
        for start in range(0, size, 256):
            width, entries, at = min(256, size - start), [], 0
            data = self.tile('entries', start // 256, width)
            while at < len(data):
                begin, at = at + 2, at + 2 + int.from_bytes(data[at:at + 2], 'big')
                entries.append(data[begin:at])
            need(at == len(data) and len(entries) in (width, 256), f'entries from {start} on')
            for index, entry in enumerate(entries[:width], start):
                self.hashes.append(sha256(b'\0', entry))
                attempt(f'leaf {index}', self.leaf, index, entry)
        level, nodes = 0, self.hashes
        while nodes:
            tiles = [nodes[at:at + 256] for at in range(0, len(nodes), 256)]
            for number, tile in enumerate(tiles):
                attempt(f'tile {level}/{number}', self.compare, level, number, tile)
            level, nodes = level + 1, [tree_hash(tile) for tile in tiles if len(tile) == 256]
        for (kid, instance), stream in self.streams.items():  # 2.3
            pairs = zip([-1, *sorted(stream)], sorted(stream))
            holes = ', '.join(f'{a + 1}-{b - 1}' for a, b in pairs if b > a + 1)
            attempt(f'stream {kid}/{instance}', need, not holes, holes, 'missing')
        attempt('frames', need, self.framed == size, f'none from {self.framed} on', 'missing')
        self.root = tree_hash(self.hashes)
        need(self.root == signed_root, 'entries do not hash to the signed root', 'altered')
    def compare(self, level, number, nodes):
        data = self.tile(level, number, len(nodes))
        wrong = [at for at, node in enumerate(nodes) if data[32 * at:32 * at + 32] != node]
        need(not wrong and len(data) in (32 * len(nodes), 32 * 256), f'hashes {wrong}', 'altered')
    def leaf(self, index, entry):
        """A leaf, and what it says about those before it (3.2, 3.3)."""
        leaf = parse('leaf', entry.decode(), LEAF)
        before, self.clock = self.clock, max(self.clock, leaf['receivedAt'])
        if leaf['type'] == 'key':
            self.keys.setdefault(leaf['id'], []).append(index)
        elif leaf['type'] == 'frame':
            first, self.framed = self.framed, index + 1
            need((leaf['first'], leaf['count']) == (first, index - first), 'bad range', 'conflict')
        elif leaf['type'] == 'unclosed':
            name = leaf['kid'], leaf['instance']
            was, now = self.heard.get(name), (leaf['lastSeen'], leaf['lastSeq'])
            self.heard[name] = (*now, 'unclosed')
            need(was == (*now, 'open'), 'the stream was not like that', 'conflict')
        elif leaf['type'] == 'log':
            self.logs += 1
        elif 'seq' in leaf:
            name = leaf['kid'], leaf['instance']
            _, last, state = self.heard.get(name, (0, 0, 'open'))
            state = 'closed' if 'closed' in (state, leaf['type'].replace('stop', 'closed')) else 'open'
            self.heard[name] = (leaf['receivedAt'], max(last, leaf['seq']), state)
            self.records += 1
            stream = self.streams.setdefault((leaf['kid'], leaf['instance']), {})
            twin = stream.setdefault(leaf['seq'], index)
            need(twin == index, f'number {leaf["seq"]} is leaf {twin} already', 'conflict')
            need(leaf['kid'] in self.keys, 'by a key that was not enrolled before', 'forged')
        need(leaf['receivedAt'] >= before, 'receivedAt decreases', 'conflict')
    def holds(self, proof, heads):
        """A bundle that verifies must be of this log and name the enrolment in force (3.4)."""
        places = [(proof['index'], proof['leaf'])]
        places += [(proof['keyIndex'], proof['keyLeaf'])] if 'keyLeaf' in proof else []
        more = 'revocation' in proof
        places += [(proof['revocationIndex'], proof['revocationLeaf'])] if more else []
        for at, entry in places:
            need(at < len(self.hashes), f'the log has no entry {at}', 'missing')
            need(sha256(b'\0', entry.encode()) == self.hashes[at], f'entry {at} differs', 'altered')
        if 'keyLeaf' in proof:
            last = max(at for at in self.keys[json.loads(entry)['id']] if at < proof['index'])
            need(last == proof['keyIndex'], f'the enrolment in force is entry {last}', 'conflict')
        if more:
            last = self.keys[json.loads(proof['revocationLeaf'])['id']][-1]
            need(last == proof['revocationIndex'], f'its key ends with entry {last}', 'conflict')
        for size, root in heads:
            need(size <= len(self.hashes), f'the log once had {size} entries', 'missing')
            self.roots[size] = self.roots.get(size) or tree_hash(self.hashes[:size])
            need(self.roots[size] == root, f'another root was signed at {size}', 'conflict')

# ---- Command line
parser = argparse.ArgumentParser(usage=__doc__)
parser.add_argument('mode', choices=('bundle', 'ledger'))
for name in ('source', '--key', '--bundles'):
    parser.add_argument(name)
parser.add_argument('--strict', action='store_true')
options = parser.parse_args()
key, whole, count, warnings = options.key, options.mode == 'ledger', 0, 0
path = (options.bundles if whole else options.source) or ''
try:
    vkey = open(key).read().strip() if key and os.path.isfile(key) else key
    key = log_key(vkey) if vkey else None
    lines = open(path or os.devnull, 'rb').readlines()
    lines = lines if path.endswith('.jsonl') else [b''.join(lines)] * bool(path)
except ValueError:
    parser.exit(2, 'verify.py: --key is neither a verifier key nor a file with one\n')
except OSError as error:
    parser.error(str(error))
ledger = Ledger(options.source, key)
if whole:
    attempt('ledger', ledger.check) if key else parser.error('a ledger needs --key')
elif not key:
    print('note: each log key is the one that came with the bundle')
for count, data in enumerate(lines, 1):
    proved = attempt(f'{path}:{count}', check_bundle, data, key)
    if proved and key and proved[0]['logKey'] != vkey:
        print(f'note: {path}:{count} came with another log key; the given one was used')
    if proved and 'revocation' in proved[0]:
        since, warnings = json.loads(proved[0]['revocation'])['since'], warnings + 1
        when = since if since >= 2**37 else datetime.fromtimestamp(since, timezone.utc).isoformat()
        print(f'warning {path}:{count}: sealed under a key that was declared compromised from',
              when)
    if proved and whole:
        attempt(f'{path}:{count}', ledger.holds, *proved)
    ledger.root = ledger.root or (proved[1][0][1] if proved else b'')
print(json.dumps(dict(
    leaves=len(ledger.hashes), records=ledger.records, logs=ledger.logs, bundles=count,
    findings=len(findings), compromised=warnings, root=base64.b64encode(ledger.root).decode(),
    ok=not findings), separators=(',', ':')))
sys.exit(1 if findings or options.strict and warnings else 0)
