"use strict";

// Shows the mock's own spec. All requests go to the mock itself: Swagger UI would ask a validator on another
// host, if validatorUrl did not say otherwise.
async function start() {
  const place = document.getElementById("api");
  const spec = await (await fetch("/openapi.json")).json();
  removeParameterExamples(spec);
  const page = SwaggerUIBundle({
    domNode: place,
    spec: spec,
    validatorUrl: "none",
    docExpansion: "list",
    defaultModelsExpandDepth: 0,
    deepLinking: true,
    tryItOutEnabled: true,
    displayRequestDuration: true,
    onComplete: () => fillInKey(page, spec, place.dataset.key),
  });
}

// Swagger UI would fill the examples in, and the mock has no task with the id of the example.
function removeParameterExamples(spec) {
  for (const operation of Object.values(spec.paths).flatMap(Object.values)) {
    for (const parameter of operation.parameters ?? []) {
      delete parameter.example;
    }
  }
}

function fillInKey(page, spec, key) {
  if (key) {
    page.preauthorizeApiKey(Object.keys(spec.components.securitySchemes)[0], key);
  }
}

start();
