# Runs questions to eesyapi against another service: Rscript asked.R FOLDER-OF-EESYAPI ADDRESS QUESTIONS.json
# Prints for each, by name: its rows, or what failed; and the bytes of the bodies that it made.
arguments <- commandArgs(trailingOnly = TRUE)
if (nzchar(arguments[1])) .libPaths(c(arguments[1], .libPaths()))
replaced <- function(name, make) {
  plain <- getFromNamespace(name, "eesyapi")
  assignInNamespace(name, make(plain), ns = "eesyapi")
}
# its environments have fixed addresses
replaced("api_url", function(plain) function(...) {
  sub("^https://.*?/v[0-9.]+/", paste0(arguments[2], "/v1/"), plain(...), perl = TRUE)
})
sizes <- integer()
replaced("parse_tojson_params", function(plain) function(...) {
  body <- plain(...)
  sizes <<- c(sizes, nchar(body, type = "bytes"))
  body
})
ask <- function(source) {
  sizes <<- integer()
  found <- tryCatch({
    scope <- new.env()
    eval(parse(text = source, encoding = "UTF-8"), scope)
    list(rows = scope$result)
  }, error = function(e) list(error = conditionMessage(e)))
  c(found, list(sizes = I(sizes)))
}
questions <- jsonlite::fromJSON(arguments[3], simplifyVector = FALSE)
cat(jsonlite::toJSON(lapply(questions, ask), na = "null", dataframe = "rows", auto_unbox = TRUE))
