// Links that lead out of the book, as to spec/ and README, go to the files of the checkout in which
// it was built: the book is target/book there, and its pages are those of docs/.
(() => {
    const book = new URL(path_to_root || "./", location.href);
    const above = new URL("..", book);
    for (const link of document.querySelectorAll("main a[href]")) {
        const to = new URL(link.getAttribute("href"), location.href);
        if (to.origin !== location.origin && to.protocol !== "file:") continue;
        if (to.pathname.startsWith(book.pathname)) continue;
        if (!to.pathname.startsWith(above.pathname)) continue;
        const file = to.pathname.slice(above.pathname.length).replace(/\.html$/, ".md");
        link.href = new URL("../../" + file + to.hash, book).href;
    }
})();
