// Says which public_token it reads: Go's net/http, mime/multipart and
// encoding/json.

package main

import (
	"encoding/json"
	"errors"
	"io"
	"mime"
	"net/http"
	"os"
	"strings"
)

func read(r *http.Request) (any, error) {
	kind, _, err := mime.ParseMediaType(r.Header.Get("Content-Type"))
	if err != nil {
		return nil, err
	}

	if strings.HasSuffix(kind, "json") {
		var body struct {
			PublicToken any `json:"public_token"`
		}

		text, err := io.ReadAll(r.Body)
		if err != nil {
			return nil, err
		}

		err = json.Unmarshal(text, &body)

		return body.PublicToken, err
	}

	err = r.ParseMultipartForm(1 << 20)
	if err != nil && !errors.Is(err, http.ErrNotMultipart) {
		return nil, err
	}

	values := r.PostForm["public_token"]

	switch len(values) {
	case 0:
		return nil, nil
	case 1:
		return values[0], nil
	default:
		return values, nil
	}
}

func main() {
	http.HandleFunc("/", func(w http.ResponseWriter, r *http.Request) {
		said := map[string]any{"access": r.Header.Get("X-Plaid-Access-Token")}

		token, err := read(r)
		if err != nil {
			said["refused"] = err.Error()
		} else {
			said["token"] = token
		}

		w.Header().Set("X-Reader", "yes")
		_ = json.NewEncoder(w).Encode(said)
	})

	_ = http.ListenAndServe("127.0.0.1:"+os.Getenv("PORT"), nil)
}
