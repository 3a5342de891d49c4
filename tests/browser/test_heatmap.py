"""The heatmap's pages in a real browser."""

import unittest

import support


class Index(support.PageCase):
    def page(self, folder="heat", **more):
        return self.open(support.made() / folder / "index.html", **more)

    def test_cards_and_groups(self):
        page = self.page()
        cards = page.js("document.getElementById('cards').innerText")
        for expected in (
            "Files profiled\n4",
            "Samples\n115",
            "Sampled time\n115\u2009ms",
            "Reads that failed",
            "Ticks missed",
        ):
            self.assertIn(expected, cards)
        self.assertEqual(
            page.js(
                "[...document.querySelectorAll('#tree > details')].map(d => [d.dataset.folder, d.open])"
            ),
            [["Project", True], ["Standard library", False], ["Site-packages", False]],
        )
        self.shot(page, "heatmap-index")

    def test_folders_open_and_close(self):
        page = self.page()
        page.click("#expand")
        links = page.js(
            "[...document.querySelectorAll('.file a')].map(a => [a.textContent, a.getAttribute('href')])"
        )
        self.assertEqual(
            sorted(links),
            [
                ["cursor", "file_0003.html"],
                ["encoder", "file_0002.html"],
                ["images", "file_0001.html"],
                ["views", "file_0000.html"],
            ],
        )
        page.click("#collapse")
        self.assertEqual(page.js("document.querySelectorAll('details[open]').length"), 0)
        page.click("[data-folder='Standard library'] > summary")
        page.wait("document.querySelectorAll(\"[data-folder='json']\").length === 1")

    def test_a_link_leads_to_the_file_and_back(self):
        page = self.page()
        page.loaded = False
        page.click("[data-page='0'] a")
        page.wait(
            "location.pathname.endsWith('file_0000.html') && document.readyState === 'complete'"
        )
        page.click("#back")
        page.wait("location.pathname.endsWith('index.html') && document.readyState === 'complete'")

    def test_thousands_of_files(self):
        page = self.page("heat-many")
        self.assertIn("3,000", page.js("document.getElementById('cards').innerText"))
        self.assertLess(page.js("document.querySelectorAll('.file').length"), 100)
        took = page.js("performance.getEntriesByType('navigation')[0].domContentLoadedEventEnd")
        self.assertLess(took, 5000)  # some 200 ms; minutes if it grew with the square
        page.click("#filter")
        page.type("mod_299")
        page.wait("document.querySelectorAll('.file').length === 11")
        page.click("#expand")
        self.assertEqual(page.js("document.querySelectorAll('.file').length"), 3000)

    def test_nothing_seen(self):
        page = self.page("heat-empty/deep/er")
        self.assertIn("No source file", page.js("document.getElementById('tree').textContent"))

    def test_small_screens_and_themes(self):
        for width in (1024, 390):
            page = self.page(width=width, dark=True)
            self.assertFalse(page.js("document.documentElement.scrollWidth > innerWidth"))
            page.click("#theme")
            self.assertEqual(page.js("document.documentElement.dataset.theme"), "light")


class File(support.PageCase):
    def page(self, number=0, **more):
        return self.open(support.made() / "heat" / f"file_{number:04}.html", **more)

    def counts(self, page, line):
        return page.js(
            f"[...document.getElementById('line-{line}').querySelectorAll('.s, .t')].map(e => e.textContent)"
        )

    def test_counts_are_once_for_each_sample(self):
        page = self.page()
        self.assertEqual(self.counts(page, 40), ["1", "115"])
        self.assertEqual(
            self.counts(page, 6), ["", "105"], "twice on some stacks, once in each sample"
        )
        self.assertEqual(self.counts(page, 8), ["", "20"])
        self.assertIn("115", page.js("document.getElementById('cards').innerText"))
        images = self.page(1)
        self.assertEqual(self.counts(images, 5), ["100", "100"])
        self.assertEqual(self.counts(images, 9), ["5", "25"])
        self.shot(images, "heatmap-file")

    def test_source_is_text(self):
        page = self.page()
        self.assertIn(
            "</script><script>window.hacked=1</script>",
            page.js("document.getElementById('line-40').textContent"),
        )
        self.assertIsNone(page.js("window.hacked"))
        self.assertEqual(page.js("document.querySelectorAll('.row').length"), 40)
        without = self.page(3)
        self.assertIn("not known", without.js("document.getElementById('what').textContent"))
        self.assertEqual(
            without.js("[...document.querySelectorAll('.row')].map(r => r.dataset.line)"),
            ["70", "77"],
        )

    def test_self_and_total_colours(self):
        page = self.page()
        colour = "document.getElementById('line-6').className"
        page.click("#metric [data-value=total]")
        self.assertIn("h8", page.js(colour))
        page.click("#metric [data-value=self]")
        self.assertNotIn("h8", page.js(colour))

    def test_hot_only_hides_cold_lines(self):
        page = self.page()
        visible = "[...document.querySelectorAll('.row')].filter(r => getComputedStyle(r).display !== 'none').map(r => +r.dataset.line)"
        page.click("#cold [data-value=hot]")
        self.assertEqual(page.js(visible), [3, 6, 8, 11, 12, 40])
        page.js("location.hash = '#line-20'")
        page.wait(f"{visible}.length === 40")

    def test_specialization(self):
        page = self.page(1)
        self.assertAlmostEqual(page.js("heatmap.specialized(5)"), 90)
        page.click("#kind [data-value=specialization]")
        self.assertIn("sp3", page.js("document.getElementById('line-5').className"))
        page.click("#line-5 [data-nav=bytecode]")
        panel = page.js("document.querySelector('#line-5 .ops').innerText")
        for expected in (
            "90\u2009% specialised (high)",
            "BINARY_OP_ADD_INT",
            "BINARY_OP",
            "SPECIALIZED",
            "90",
        ):
            self.assertIn(expected, panel)

    def test_bytecode_key_and_mutual_highlight(self):
        page = self.page(1)
        page.key("b")
        self.assertEqual(page.js("document.querySelectorAll('.ops').length"), 2)
        self.assertEqual(page.js("document.querySelectorAll('#line-9 .range.hot').length"), 1)
        self.assertEqual(
            page.js("document.querySelector('#line-9 .range').textContent"), "convolve(image)"
        )
        x, y, w, h = page.box("#line-9 .range")
        page.move(x + w / 2, y + h / 2)
        page.wait("document.querySelectorAll('#line-9 tr.lit').length === 1")
        page.key("b")
        self.assertEqual(page.js("document.querySelectorAll('.ops').length"), 0)

    def test_one_callee_jumps_and_several_open_a_menu(self):
        page = self.page(1)
        page.click("#line-9 [data-nav=callees]")
        page.wait(
            "location.hash === '#line-2' && document.querySelector('.row.target')?.id === 'line-2'"
        )
        page.click("#line-2 [data-nav=callers]")
        items = page.js(
            "[...document.querySelectorAll('.menu a')].map(a => [a.innerText.replace(/\\s+/g, ' '), a.getAttribute('href')])"
        )
        self.assertEqual(
            items,
            [
                ["handle 80 /srv/shop/views.py:6", "file_0000.html#line-6"],
                ["resize 20 /srv/shop/pkg/images.py:9", "#line-9"],
            ],
        )
        page.key("ArrowDown")
        page.key("Enter")
        page.wait("location.hash === '#line-9' && !document.querySelector('.menu')")
        page.wait("document.querySelector('.row.target')?.id === 'line-9'")
        page.click("#line-2 [data-nav=callers]")
        page.key("Escape")
        self.assertFalse(page.js("!!document.querySelector('.menu')"))

    def test_a_callee_in_another_file(self):
        page = self.page(0)
        page.click("#line-6 [data-nav=callees]")
        menu = page.js(
            "[...document.querySelectorAll('.menu a, .menu .item')].map(a => [a.tagName, a.innerText.replace(/\\s+/g, ' ')])"
        )
        self.assertIn(["A", "convolve 80 /srv/shop/pkg/images.py:2"], menu)
        self.assertIn(
            ["SPAN", "<module> 2 <string>:1"],
            menu,
            "code without a file is listed, but leads nowhere",
        )
        page.click(".menu a")
        page.wait(
            "location.pathname.endsWith('file_0001.html') && document.readyState === 'complete'"
        )
        page.wait("document.querySelector('.row.target')?.id === 'line-2'")

    def test_line_number_makes_a_link(self):
        page = self.page()
        page.click("#line-30 .n")
        page.wait("location.hash === '#line-30'")

    def test_minimap_scrolls(self):
        page = self.page(1)
        x, y, w, h = page.box("#map")
        page.click_at(x + w / 2, y + h * 0.5)
        page.wait("document.getElementById('lines').scrollTop > 10000")

    def test_a_long_file_gets_all_its_lines(self):
        page = self.page(1, fragment="#line-2900")
        self.assertEqual(page.js("document.querySelector('.row.target').id"), "line-2900")
        page.wait("document.querySelectorAll('.row').length === 2999")
        self.assertEqual(
            page.js(
                "[...document.querySelectorAll('.row')].every((row, i) => row.id === 'line-' + (i + 1))"
            ),
            True,
        )
        self.assertIn("value_2999", page.js("document.getElementById('line-2999').textContent"))

    def test_steps_through_the_hottest(self):
        page = self.page(1)
        page.key("n")
        page.wait("location.hash === '#line-5'")
        page.key("n")
        page.wait("location.hash === '#line-9'")

    def test_small_screens(self):
        for width in (1024, 390):
            page = self.page(width=width)
            self.assertFalse(page.js("document.documentElement.scrollWidth > innerWidth"))

    def test_source_lines_are_readable(self):
        for dark in (False, True):
            page = self.page(0, dark=dark)
            page.click("#metric [data-value=total]")
            ratio = page.js("""(() => {
              const pen = document.createElement('canvas').getContext('2d', {willReadFrequently: true});
              const rgb = (over, under) => { pen.fillStyle = under; pen.fillRect(0, 0, 1, 1); pen.fillStyle = over; pen.fillRect(0, 0, 1, 1); return [...pen.getImageData(0, 0, 1, 1).data]; };
              const light = (c) => { const v = c.slice(0, 3).map(x => x / 255).map(x => x <= 0.04045 ? x / 12.92 : ((x + 0.055) / 1.055) ** 2.4); return 0.2126 * v[0] + 0.7152 * v[1] + 0.0722 * v[2]; };
              const row = document.querySelector('.h8 > .c'), style = getComputedStyle(row), ground = getComputedStyle(document.body).backgroundColor;
              const a = light(rgb(style.backgroundColor, ground)), b = light(rgb(style.color, ground));
              return (Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05); })()""")
            self.assertGreaterEqual(ratio, 4.5)


if __name__ == "__main__":
    unittest.main()
