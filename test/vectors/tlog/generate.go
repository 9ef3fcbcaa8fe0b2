//go:build ignore

// Makes go.json out of the Go reference libraries; README.md says how to run it.
package main

import (
	"crypto/ed25519"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"os"
	"time"

	fnote "github.com/transparency-dev/formats/note"
	"github.com/transparency-dev/formats/proof"
	"github.com/transparency-dev/tessera/api/layout"
	"golang.org/x/mod/sumdb/note"
	"golang.org/x/mod/sumdb/tlog"
)

type M = map[string]any

func must[T any](v T, err error) T {
	if err != nil {
		panic(err)
	}
	return v
}
func hx(hs []tlog.Hash) []string {
	o := []string{}
	for _, h := range hs {
		o = append(o, hex.EncodeToString(h[:]))
	}
	return o
}

func key(name string, alg byte, fill byte) (string, string, []byte) {
	seed := make([]byte, 32)
	for i := range seed {
		seed[i] = fill
	}
	pub := ed25519.NewKeyFromSeed(seed).Public().(ed25519.PublicKey)
	h := sha256.Sum256(append(append([]byte(name+"\n"), alg), pub...))
	s := fmt.Sprintf("PRIVATE+KEY+%s+%x+%s", name, h[:4], base64.StdEncoding.EncodeToString(append([]byte{alg}, seed...)))
	v := fmt.Sprintf("%s+%x+%s", name, h[:4], base64.StdEncoding.EncodeToString(append([]byte{alg}, pub...)))
	return s, v, seed
}

func main() {
	const N = 70000
	var st []tlog.Hash
	r := tlog.HashReaderFunc(func(ix []int64) ([]tlog.Hash, error) {
		o := make([]tlog.Hash, len(ix))
		for i, x := range ix {
			o[i] = st[x]
		}
		return o, nil
	})
	for i := int64(0); i < N; i++ {
		st = append(st, must(tlog.StoredHashes(i, []byte(fmt.Sprintf("entry %d", i)), r))...)
	}
	out := M{}
	roots := M{}
	for _, n := range []int64{1, 2, 255, 256, 257, 511, 1000, 65535, 65536, 65537, 69999, 70000} {
		h := must(tlog.TreeHash(n, r))
		roots[fmt.Sprint(n)] = hex.EncodeToString(h[:])
	}
	out["roots"] = roots
	inc := []M{}
	for _, p := range [][2]int64{{0, 1}, {0, 70000}, {255, 256}, {256, 257}, {999, 1000}, {65535, 65536}, {65536, 65537}, {69888, 70000}, {69999, 70000}, {12345, 70000}} {
		inc = append(inc, M{"index": p[0], "size": p[1], "proof": hx(must(tlog.ProveRecord(p[1], p[0], r)))})
	}
	out["inclusion"] = inc
	con := []M{}
	for _, p := range [][2]int64{{1, 70000}, {255, 257}, {256, 257}, {256, 70000}, {1000, 65537}, {65536, 70000}, {65535, 65537}, {69999, 70000}} {
		con = append(con, M{"oldSize": p[0], "newSize": p[1], "proof": hx(must(tlog.ProveTree(p[1], p[0], r)))})
	}
	out["consistency"] = con
	tiles := []M{}
	for _, t := range tlog.NewTiles(8, 0, N) {
		d := must(tlog.ReadTileData(t, r))
		h := sha256.Sum256(d)
		p := uint8(0)
		if t.W < 256 {
			p = uint8(t.W)
		}
		if t.W == 256 && t.N%100 != 0 {
			continue
		}
		tiles = append(tiles, M{"path": layout.TilePath(uint64(t.L), uint64(t.N), p), "sha256": hex.EncodeToString(h[:])})
	}
	out["tiles"] = tiles
	out["paths"] = []M{
		{"path": layout.TilePath(0, 1234067, 0), "level": 0, "index": 1234067, "width": 256},
		{"path": layout.TilePath(3, 999, 7), "level": 3, "index": 999, "width": 7},
		{"path": layout.EntriesPath(1000, 255), "entries": true, "index": 1000, "width": 255},
	}

	ls, lv, lseed := key("example.com/grantlog-vectors", 1, 0x11)
	ws, _, wseed := key("witness.example/w1", 1, 0x22)
	cs := must(fnote.NewSignerForCosignatureV1(ws))
	wv := must(fnote.VKeyToCosignatureV1(func() string { _, v, _ := key("witness.example/w1", 1, 0x22); return v }()))
	root := must(tlog.TreeHash(70000, r))
	text := fmt.Sprintf("example.com/grantlog-vectors\n70000\n%s\n", base64.StdEncoding.EncodeToString(root[:]))
	signed := must(note.Sign(&note.Note{Text: text}, must(note.NewSigner(ls)), cs))
	n := must(note.Open(signed, note.VerifierList(must(note.NewVerifier(lv)), cs.Verifier())))
	var ts time.Time
	for _, s := range n.Sigs {
		if s.Name == "witness.example/w1" {
			ts = must(fnote.CoSigV1Timestamp(s))
		}
	}
	pr := must(tlog.ProveRecord(70000, 12345, r))
	tp := proof.TLogProof{Index: 12345, Checkpoint: signed, ExtraData: []byte("extra data")}
	for _, h := range pr {
		tp.Hashes = append(tp.Hashes, [32]byte(h))
	}
	out["signed"] = M{"logVkey": lv, "logSeed": hex.EncodeToString(lseed), "witnessVkey": wv, "witnessSeed": hex.EncodeToString(wseed), "witnessTime": ts.Unix(), "checkpoint": string(signed), "proof": string(tp.Marshal()), "entry": "entry 12345"}
	e := json.NewEncoder(os.Stdout)
	e.SetIndent("", " ")
	e.SetEscapeHTML(false)
	e.Encode(out)
}
