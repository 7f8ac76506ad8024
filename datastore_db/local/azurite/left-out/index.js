// Stands in for what Azurite names but does not need here: telemetry, and drivers of SQL servers for its catalogue.
module.exports = {};
