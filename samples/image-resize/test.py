#!/usr/bin/env python3
"""Tests of the image-resize sample on `peko dev`, or on the server that PEKO_URL names (peko_dev). Pictures are made and read
here, byte by byte, so that the sample's own codecs are not their own judges."""

import http.client
import os
import struct
import unittest
import zlib

from peko_dev import PekoDev

RED, BLUE = (255, 0, 0), (0, 0, 255)


def setUpModule():
    global SERVER
    SERVER = PekoDev()
    unittest.addModuleCleanup(SERVER.stop)


def chunk(kind, data):
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


def png(width, height, pixel, claimed=None):
    """A PNG of pixel(x, y) -> (r, g, b) or (r, g, b, a); its head claims another size when told to."""
    color = 2 if len(pixel(0, 0)) == 3 else 6
    rows = b"".join(b"\0" + b"".join(bytes(pixel(x, y)) for x in range(width)) for y in range(height))
    head = struct.pack(">IIBBBBB", *(claimed or (width, height)), 8, color, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", zlib.compress(rows)) + chunk(b"IEND", b"")


def read_png(data):
    """The rows of a PNG: lists of (r, g, b) or (r, g, b, a)."""
    assert data[:8] == b"\x89PNG\r\n\x1a\n"
    at, packed = 8, b""
    while at < len(data):
        length, kind = struct.unpack(">I4s", data[at:at + 8])
        body = data[at + 8:at + 8 + length]
        if kind == b"IHDR":
            width, height, depth, color = struct.unpack(">IIBB", body[:10])
            assert depth == 8 and color in (2, 6)
            size = 3 if color == 2 else 4
        elif kind == b"IDAT":
            packed += body
        at += 12 + length
    raw, above, rows = zlib.decompress(packed), bytes(width * size), []
    for y in range(height):
        start = y * (width * size + 1)
        kind, line = raw[start], bytearray(raw[start + 1:start + 1 + width * size])
        for i in range(len(line)):
            a = line[i - size] if i >= size else 0
            b, c = above[i], above[i - size] if i >= size else 0
            paeth = min((abs(b - c), 0, a), (abs(a - c), 1, b), (abs(a + b - 2 * c), 2, c))[2]
            line[i] = (line[i] + (0, a, b, (a + b) // 2, paeth)[kind]) & 255
        rows.append([tuple(line[x * size:(x + 1) * size]) for x in range(width)])
        above = line
    return rows


def size_of(data):
    """Media type, width and height by the file's own head."""
    if data[:8] == b"\x89PNG\r\n\x1a\n":
        return "image/png", *struct.unpack(">II", data[16:24])
    if data[:4] == b"RIFF" and data[8:16] == b"WEBPVP8L":
        bits = struct.unpack("<I", data[21:25])[0]
        return "image/webp", (bits & 0x3FFF) + 1, (bits >> 14 & 0x3FFF) + 1
    assert data[:2] == b"\xff\xd8", data[:16]
    at = 2
    while True:
        marker, length = struct.unpack(">HH", data[at:at + 4])
        if 0xFFC0 <= marker <= 0xFFC2:
            height, width = struct.unpack(">HH", data[at + 5:at + 9])
            return "image/jpeg", width, height
        at += 2 + length


class ImageResize(unittest.TestCase):
    def ask(self, method="GET", path="/", body=None, headers=None):
        connection = http.client.HTTPConnection(SERVER.host, SERVER.port, timeout=30)
        self.addCleanup(connection.close)
        connection.request(method, path, body=body, headers={"host": "image-resize.localhost", **(headers or {})})
        response = connection.getresponse()
        return response.status, response.headers, response.read()

    def picture(self, path, body=None):
        status, headers, data = self.ask("GET" if body is None else "POST", path, body)
        self.assertEqual(status, 200, data[:200])
        kind, width, height = size_of(data)
        self.assertEqual(headers["content-type"], kind)
        self.assertEqual(headers["content-length"], str(len(data)))
        return kind, width, height, data

    def refuse(self, status, path="/", body=None, word=""):
        got, headers, data = self.ask("GET" if body is None else "POST", path, body)
        self.assertEqual(got, status, (path, data[:200]))
        self.assertEqual(headers["content-type"], "text/plain; charset=utf-8")
        self.assertIn(word.encode(), data)
        self.assertEqual(data.count(b"\n"), 1)

    def test_the_photo_comes_in_the_size_asked_for(self):
        for query, size in (("", (1600, 1067)), ("?w=200", (200, 133)), ("?h=100", (150, 100)), ("?w=1", (1, 1)),
                            ("?w=300&h=300", (300, 200)), ("?w=300&h=300&fit=contain", (300, 200)),
                            ("?w=300&h=300&fit=cover", (300, 300)), ("?w=300&h=50&fit=fill", (300, 50)),
                            ("?w=2400&q=30", (2400, 1601)), ("?w=&h=&fit=&format=&q=", (1600, 1067))):
            kind, *got, _ = self.picture("/" + query)
            self.assertEqual((kind, tuple(got)), ("image/jpeg", size), query)

    def test_the_photo_comes_in_the_form_asked_for(self):
        for name, kind in (("jpeg", "image/jpeg"), ("jpg", "image/jpeg"), ("png", "image/png"), ("webp", "image/webp")):
            self.assertEqual(self.picture(f"/?w=120&format={name}")[:3], (kind, 120, 80))

    def test_the_photo_shows_something(self):
        rows = read_png(self.picture("/?w=60&format=png")[3])
        sky, water = rows[2][20], rows[38][30]
        self.assertGreater(sky[2], sky[0], "the sky is blue")
        self.assertLess(sum(water), sum(sky), "the water is darker than the sky")
        self.assertGreater(len({pixel for row in rows for pixel in row}), 1000)

    def test_lower_quality_makes_smaller_files(self):
        sizes = [len(self.picture(f"/?w=600&q={q}")[3]) for q in (10, 40, 80, 100)]
        self.assertEqual(sizes, sorted(set(sizes)))

    def test_a_client_that_has_the_photo_is_not_sent_it_again(self):
        _, headers, _ = self.ask(path="/?w=100")
        tag = headers["etag"]
        self.assertIn("max-age", headers["cache-control"])
        for given in (tag, f'"other", W/{tag}', "*"):
            status, again, data = self.ask(path="/?w=100", headers={"if-none-match": given})
            self.assertEqual((status, again["etag"], data), (304, tag, b""))
        self.assertEqual(self.ask(path="/?w=101", headers={"if-none-match": tag})[0], 200)
        self.assertEqual(self.ask(path="/?w=100&format=png", headers={"if-none-match": tag})[0], 200)

    def test_an_upload_keeps_its_form_and_its_colours(self):
        source = png(64, 32, lambda x, y: RED if x < 32 else BLUE)
        kind, width, height, data = self.picture("/?w=16", source)
        self.assertEqual((kind, width, height), ("image/png", 16, 8))
        for row in read_png(data):
            self.assertEqual((row[0], row[-1]), (RED, BLUE))

    def test_cover_cuts_the_sides_off_and_fill_keeps_them(self):
        source = png(90, 30, lambda x, y: BLUE if 30 <= x < 60 else RED)
        middle = read_png(self.picture("/?w=10&h=10&fit=cover", source)[3])
        self.assertEqual([middle[5][x] for x in (1, 5, 8)], [BLUE] * 3)
        whole = read_png(self.picture("/?w=12&h=12&fit=fill", source)[3])
        for x, expected in ((1, RED), (5, BLUE), (6, BLUE), (10, RED)):
            for got, wanted in zip(whole[5][x], expected):
                self.assertLess(abs(got - wanted), 4)

    def test_every_form_can_be_uploaded(self):
        for name in ("jpeg", "png", "webp"):
            kind, _, _, data = self.picture(f"/?w=200&format={name}")
            self.assertEqual(self.picture("/?w=50", data)[:3], (kind, 50, 33))

    def test_transparency_survives_and_is_white_in_jpeg(self):
        for alpha in (255, 128, 51, 0):
            rows = read_png(self.picture("/?w=7&h=5&fit=fill", png(40, 40, lambda x, y: (*RED, alpha)))[3])
            for pixel in (pixel for row in rows for pixel in row):
                self.assertEqual(pixel[3], alpha)
                if alpha:
                    self.assertEqual(pixel[:3], RED)
        clear = png(40, 40, lambda x, y: (*RED, 0))
        jpeg = self.picture("/?w=16&format=jpeg&q=100", clear)[3]
        for pixel in (pixel for row in read_png(self.picture("/?format=png", jpeg)[3]) for pixel in row):
            self.assertGreaterEqual(min(pixel), 252)

    def test_wrong_parameters_are_reported_by_name(self):
        for query, word in (("w=0", "w must"), ("w=-5", "w must"), ("w=abc", "w must"), ("h=4097", "h must"),
                            ("w=%2B5", "w must"), ("w=+5", "w must"), ("w=1.5", "w must"), ("h=99999999999", "h must"),
                            ("q=0", "q must"), ("q=101", "q must"), ("fit=stretch", "fit must"), ("fit=cover%00", "fit"),
                            ("format=gif", "format must"), ("width=10", "no parameter"), ("w=10&w=20", "twice"),
                            ("q=50&format=png", "q is for jpeg"), ("w=4096&h=4096&fit=fill", "4096 x 4096"),
                            ("h=4000", "the result would be")):
            self.refuse(400, f"/?{query}", word=word)

    def test_a_body_that_is_no_picture_is_415(self):
        for body in (b"", b"hello", b"\0" * 5000, b"GIF89a" + b"\0" * 50, b"BM" + b"\0" * 80, b"<svg/>", os.urandom(999)):
            self.refuse(415, body=body)

    def test_a_damaged_picture_is_422(self):
        good = png(64, 64, lambda x, y: (x, y, 7))
        photo = self.picture("/?w=300&format=webp")[3]
        for body in (good[:30], good[:60], good[:41] + b"\xff" * 40, photo[:200], photo[:20], b"\xff\xd8\xff\xe0" + b"\0" * 40,
                     b"\x89PNG\r\n\x1a\n", b"RIFF\x10\0\0\0WEBPVP8L"):
            self.refuse(422, body=body)

    def test_a_pixel_bomb_is_refused_before_it_is_decoded(self):
        for claimed in ((50_000, 50_000), (50_000, 10), (10, 50_000), (16_384, 16_384), (4_001, 4_000)):
            bomb = png(1, 1, lambda x, y: RED, claimed)
            self.refuse(422, "/?w=10", bomb, "too many pixels")
        self.refuse(422, "/?w=10", png(1, 1, lambda x, y: RED, (2**31 - 1, 2**31 - 1)))
        zeroes = zlib.compress(bytes(50_001) * 2000, 9)  # a real one: 2,000 rows of 16,667 pixels in 97 KB
        head = chunk(b"IHDR", struct.pack(">IIBBBBB", 16_667, 2_000, 8, 2, 0, 0, 0))
        self.refuse(422, "/?w=10", b"\x89PNG\r\n\x1a\n" + head + chunk(b"IDAT", zeroes) + chunk(b"IEND", b""), "too many pixels")

    def test_too_large_a_body_is_413(self):
        connection = http.client.HTTPConnection(SERVER.host, SERVER.port, timeout=30)
        self.addCleanup(connection.close)
        connection.putrequest("POST", "/?w=10", skip_host=True)
        connection.putheader("host", "image-resize.localhost")
        connection.putheader("content-length", str((16 << 20) + 1))
        connection.endheaders()
        response = connection.getresponse()
        self.assertEqual(response.status, 413, "refused by its length alone")
        response.read()

        def endless():
            for _ in range(17):
                yield b"\xff" * (1 << 20)

        connection = http.client.HTTPConnection(SERVER.host, SERVER.port, timeout=30)
        self.addCleanup(connection.close)
        try:
            connection.request("POST", "/", endless(), {"host": "image-resize.localhost"}, encode_chunked=True)
        except (BrokenPipeError, ConnectionResetError):
            pass  # the server may answer and hang up before the end
        self.assertEqual(connection.getresponse().status, 413, "refused once it is too long")

    def test_other_addresses_and_methods_are_refused(self):
        self.refuse(404, "/nothing")
        status, headers, _ = self.ask("DELETE")
        self.assertEqual((status, headers["allow"]), (405, "GET, HEAD, POST"))
        status, headers, _ = self.ask("POST", "/demo", b"")
        self.assertEqual((status, headers["allow"]), (405, "GET, HEAD"))

    def test_head_tells_the_length(self):
        length = self.picture("/?w=90")[3]
        status, headers, data = self.ask("HEAD", "/?w=90")
        self.assertEqual((status, headers["content-length"], data), (200, str(len(length)), b""))

    def test_the_demo_page_is_html(self):
        status, headers, data = self.ask(path="/demo")
        self.assertEqual((status, headers["content-type"]), (200, "text/html; charset=utf-8"))
        self.assertIn(b"/?w=480", data)


if __name__ == "__main__":
    unittest.main()
