;;; Becomes the driver, or with the word plugin the driver as a plugin.

(use-modules (driver driver))

(if (equal? '("plugin") (cdr (command-line)))
    (be-a-plugin)
    (main))
