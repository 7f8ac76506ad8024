-- Made by `make documents` from the files in sql/documents.
insert into datastore.document_schema (kind, version, schema) values
('feedback', 1, $json$
{
  "$schema": "https://json-schema.org/draft/2020-12/schema",
  "title": "Feedback on an inference, version 1",
  "description": "What an expert says about the boxes of an inference.",
  "type": "object",
  "required": [
    "inferenceId",
    "boxes"
  ],
  "properties": {
    "schema_version": {
      "description": "The version of this document's schema; absent means 1.",
      "const": 1
    },
    "userId": {
      "description": "The acting user; null is the same as absent.",
      "type": [
        "string",
        "null"
      ],
      "format": "uuid"
    },
    "inferenceId": {
      "type": "string",
      "format": "uuid"
    },
    "boxes": {
      "type": "array",
      "maxItems": 5000,
      "items": {
        "type": "object",
        "properties": {
          "boxId": {
            "description": "Empty or absent: a box that the expert drew.",
            "$ref": "#/$defs/id_or_nothing"
          },
          "classId": {
            "description": "A species' id.",
            "$ref": "#/$defs/id_or_nothing"
          },
          "label": {
            "type": [
              "string",
              "null"
            ]
          },
          "box": {
            "description": "Pixels of the stored picture from its top left.",
            "type": [
              "object",
              "null"
            ],
            "required": [
              "topX",
              "topY",
              "bottomX",
              "bottomY"
            ],
            "properties": {
              "topX": {
                "type": "number",
                "minimum": 0
              },
              "topY": {
                "type": "number",
                "minimum": 0
              },
              "bottomX": {
                "type": "number",
                "minimum": 0
              },
              "bottomY": {
                "type": "number",
                "minimum": 0
              }
            }
          },
          "comment": {
            "type": [
              "string",
              "null"
            ]
          }
        }
      }
    }
  },
  "$defs": {
    "id_or_nothing": {
      "type": [
        "string",
        "null"
      ],
      "anyOf": [
        {
          "enum": [
            "",
            null
          ]
        },
        {
          "type": "string",
          "format": "uuid"
        }
      ]
    }
  }
}
$json$),
('inference', 1, $json$
{
  "$schema": "https://json-schema.org/draft/2020-12/schema",
  "title": "Inference, version 1",
  "description": "What a pipeline of models says about one picture. Keys marked readOnly are filled by the datastore.",
  "type": "object",
  "required": [
    "boxes",
    "totalBoxes"
  ],
  "properties": {
    "schema_version": {
      "description": "The version of this document's schema; absent means 1.",
      "const": 1
    },
    "filename": {
      "type": [
        "string",
        "null"
      ]
    },
    "boxes": {
      "type": "array",
      "maxItems": 5000,
      "items": {
        "type": "object",
        "required": [
          "box",
          "label",
          "score"
        ],
        "properties": {
          "box": {
            "$ref": "#/$defs/box"
          },
          "label": {
            "type": "string",
            "minLength": 1
          },
          "score": {
            "type": "number",
            "minimum": 0,
            "maximum": 1
          },
          "topN": {
            "description": "The guesses; without it the box's label and score are the only one.",
            "type": "array",
            "maxItems": 1000,
            "items": {
              "type": "object",
              "required": [
                "label",
                "score"
              ],
              "properties": {
                "label": {
                  "type": "string",
                  "minLength": 1
                },
                "score": {
                  "type": "number",
                  "minimum": 0,
                  "maximum": 1
                },
                "object_id": {
                  "readOnly": true
                },
                "is_expert": {
                  "readOnly": true
                }
              }
            }
          },
          "overlapping": {
            "type": "boolean"
          },
          "overlappingIndices": {
            "type": [
              "integer",
              "array"
            ],
            "maxItems": 5000,
            "items": {
              "type": "integer"
            }
          },
          "color": {
            "type": [
              "string",
              "array"
            ],
            "pattern": "^#(?:[0-9A-Fa-f]{3}|[0-9A-Fa-f]{6})$",
            "items": {
              "type": "integer",
              "minimum": 0,
              "maximum": 255
            },
            "minItems": 3,
            "maxItems": 3
          },
          "box_id": {
            "readOnly": true
          },
          "classId": {
            "readOnly": true
          },
          "object_type_id": {
            "readOnly": true
          },
          "top_id": {
            "readOnly": true
          },
          "is_verified": {
            "readOnly": true
          },
          "is_valid": {
            "readOnly": true
          },
          "is_manual": {
            "readOnly": true
          },
          "model": {
            "readOnly": true
          }
        }
      }
    },
    "labelOccurrence": {
      "type": "object",
      "maxProperties": 5000,
      "additionalProperties": {
        "type": "integer",
        "minimum": 0
      }
    },
    "totalBoxes": {
      "description": "The number of boxes.",
      "type": "integer"
    },
    "models": {
      "description": "The model versions that made it, in the order in which they ran.",
      "type": "array",
      "maxItems": 100,
      "items": {
        "type": "object",
        "required": [
          "name",
          "version"
        ],
        "properties": {
          "name": {
            "type": "string"
          },
          "version": {
            "type": [
              "integer",
              "string"
            ]
          }
        }
      }
    },
    "pipeline_name": {
      "type": "string"
    },
    "pipeline_id": {
      "type": "string",
      "format": "uuid"
    },
    "inference_id": {
      "readOnly": true
    },
    "picture_id": {
      "readOnly": true
    },
    "created_at": {
      "readOnly": true
    },
    "requested_by": {
      "readOnly": true
    },
    "verified": {
      "readOnly": true
    },
    "verified_by": {
      "readOnly": true
    },
    "verified_at": {
      "readOnly": true
    }
  },
  "$defs": {
    "box": {
      "description": "Pixels of the stored picture from its top left.",
      "type": "object",
      "required": [
        "topX",
        "topY",
        "bottomX",
        "bottomY"
      ],
      "properties": {
        "topX": {
          "type": "number",
          "minimum": 0
        },
        "topY": {
          "type": "number",
          "minimum": 0
        },
        "bottomX": {
          "type": "number",
          "minimum": 0
        },
        "bottomY": {
          "type": "number",
          "minimum": 0
        }
      }
    }
  }
}
$json$),
('inspection', 1, $json$
{
  "$schema": "https://json-schema.org/draft/2020-12/schema",
  "title": "Inspection of a picture's file, version 1",
  "description": "What a machine found in the file: the sections of the picture's document that the datastore fills, and what its blob must be.",
  "type": "object",
  "properties": {
    "schema_version": {
      "description": "The version of this document's schema; absent means 1.",
      "const": 1
    },
    "size": {
      "description": "Bytes.",
      "type": "integer",
      "minimum": 1
    },
    "md5": {
      "description": "MD5 in base64, as the header Content-MD5 has it.",
      "type": "string",
      "pattern": "^[A-Za-z0-9+/]{22}==$"
    },
    "metadata": {
      "type": "object",
      "properties": {
        "file_name": {
          "type": "string"
        },
        "relative_path": {
          "description": "Path inside the uploaded folder; what the picture is known by again.",
          "type": "string",
          "minLength": 1,
          "maxLength": 1024
        }
      }
    },
    "image_data": {
      "type": "object",
      "properties": {
        "format": {
          "type": "string"
        },
        "width": {
          "description": "Pixels.",
          "type": "integer",
          "minimum": 1
        },
        "height": {
          "description": "Pixels.",
          "type": "integer",
          "minimum": 1
        },
        "resolution": {
          "type": "string"
        },
        "capture_date": {
          "type": "string"
        },
        "camera": {
          "type": "string"
        },
        "microscope": {
          "type": "string"
        },
        "pixel_size": {
          "description": "Of one pixel, in the unit; z: from one page to the next.",
          "type": "object",
          "properties": {
            "x": {
              "type": "number"
            },
            "y": {
              "type": "number"
            },
            "z": {
              "type": "number"
            },
            "unit": {
              "type": "string"
            }
          }
        },
        "bit_depth": {
          "description": "Bits of one channel of a pixel.",
          "type": "integer",
          "minimum": 1
        },
        "channels": {
          "type": "integer",
          "minimum": 1
        },
        "pages": {
          "description": "Pages, frames or planes.",
          "type": "integer",
          "minimum": 1
        },
        "tags": {
          "type": "object"
        }
      }
    },
    "quality_check": {
      "type": "object",
      "properties": {
        "image_checksum": {
          "description": "SHA-256 in hex.",
          "type": "string"
        },
        "valid_data": {
          "type": "boolean"
        },
        "error_type": {
          "type": "string"
        },
        "quality_score": {
          "type": "number"
        }
      }
    }
  }
}
$json$),
('picture', 1, $json$
{
  "$schema": "https://json-schema.org/draft/2020-12/schema",
  "title": "Picture, version 1",
  "description": "What people said about a picture, and what a machine knows about it. Keys marked readOnly are filled by the datastore: a value sent for one is kept in the history as claimed, whatever it is.",
  "type": "object",
  "properties": {
    "schema_version": {
      "description": "The version of this document's schema; absent means 1.",
      "const": 1
    },
    "user_data": {
      "type": [
        "object",
        "null"
      ],
      "properties": {
        "description": {
          "type": [
            "string",
            "null"
          ]
        },
        "number_of_seeds": {
          "type": [
            "integer",
            "null"
          ],
          "minimum": 0
        },
        "zoom": {
          "description": "Magnification, times.",
          "type": [
            "number",
            "null"
          ],
          "exclusiveMinimum": 0
        }
      }
    },
    "seed": {
      "description": "The species that the picture is known to show: its name, or its id (or both, if they agree).",
      "type": [
        "string",
        "object",
        "null"
      ],
      "minLength": 1,
      "properties": {
        "seed_id": {
          "type": "string",
          "format": "uuid"
        },
        "seed_name": {
          "type": "string",
          "minLength": 1
        }
      },
      "anyOf": [
        {
          "type": [
            "string",
            "null"
          ]
        },
        {
          "required": [
            "seed_id"
          ]
        },
        {
          "required": [
            "seed_name"
          ]
        }
      ]
    },
    "client_data": {
      "description": "Who took the picture.",
      "type": [
        "object",
        "null"
      ],
      "properties": {
        "client_email": {
          "type": [
            "string",
            "null"
          ],
          "format": "email"
        },
        "client_expertise": {
          "type": [
            "string",
            "null"
          ]
        }
      }
    },
    "client_feedback": {
      "type": [
        "object",
        "null"
      ],
      "properties": {
        "correct_identification": {
          "type": [
            "boolean",
            "null"
          ]
        },
        "historical_comparison": {
          "type": [
            "string",
            "null"
          ]
        }
      }
    },
    "metadata": {
      "readOnly": true,
      "properties": {
        "upload_date": {},
        "file_name": {},
        "relative_path": {}
      }
    },
    "image_data": {
      "readOnly": true,
      "properties": {
        "format": {},
        "width": {},
        "height": {},
        "resolution": {},
        "source": {},
        "parent": {},
        "size": {},
        "tags": {},
        "capture_date": {},
        "camera": {},
        "microscope": {},
        "pixel_size": {},
        "bit_depth": {},
        "channels": {},
        "pages": {}
      }
    },
    "quality_check": {
      "readOnly": true,
      "properties": {
        "image_checksum": {},
        "upload_check": {},
        "valid_data": {},
        "error_type": {},
        "quality_score": {}
      }
    },
    "classification_data": {
      "readOnly": true,
      "properties": {
        "model": {},
        "prediction": {},
        "confidence_score": {}
      }
    },
    "child_data": {
      "readOnly": true,
      "properties": {
        "children": {},
        "count": {}
      }
    },
    "error_handling": {
      "readOnly": true,
      "properties": {
        "feedback": {},
        "correction_applied": {},
        "error_details": {}
      }
    },
    "audit_trail": {
      "readOnly": true,
      "properties": {
        "upload_date": {},
        "edited_by": {},
        "edit_date": {},
        "change_log": {},
        "access_log": {},
        "privacy_flag": {}
      }
    },
    "labels": {
      "readOnly": true
    },
    "picture_id": {
      "readOnly": true
    },
    "picture_set_id": {
      "readOnly": true
    }
  }
}
$json$),
('picture_set', 1, $json$
{
  "$schema": "https://json-schema.org/draft/2020-12/schema",
  "title": "Picture set, version 1",
  "description": "A folder of pictures: who took them, for what, and how. Keys marked readOnly are filled by the datastore.",
  "type": "object",
  "properties": {
    "schema_version": {
      "description": "The version of this document's schema; absent means 1.",
      "const": 1
    },
    "name": {
      "description": "What people call the set; without one it is named by its id.",
      "type": "string",
      "minLength": 1,
      "maxLength": 255
    },
    "project_name": {
      "type": [
        "string",
        "null"
      ]
    },
    "submitter_name": {
      "type": [
        "string",
        "null"
      ]
    },
    "client_data": {
      "description": "Who took the pictures.",
      "type": [
        "object",
        "null"
      ],
      "properties": {
        "client_email": {
          "type": [
            "string",
            "null"
          ],
          "format": "email"
        },
        "client_expertise": {
          "type": [
            "string",
            "null"
          ]
        }
      }
    },
    "acquisition": {
      "description": "How the pictures were taken: microscope, camera, lighting, …",
      "type": "object"
    },
    "image_data_picture_set": {
      "readOnly": true,
      "properties": {
        "number_of_images": {}
      }
    },
    "audit_trail": {
      "readOnly": true,
      "properties": {
        "upload_date": {},
        "edited_by": {},
        "edit_date": {},
        "change_log": {},
        "access_log": {},
        "privacy_flag": {}
      }
    },
    "picture_set_id": {
      "readOnly": true
    },
    "container_name": {
      "readOnly": true
    },
    "pictures": {
      "readOnly": true
    }
  }
}
$json$),
('pipelines', 1, $json$
{
  "$schema": "https://json-schema.org/draft/2020-12/schema",
  "title": "Pipelines and models, version 1",
  "description": "Which models there are, and in which order pipelines run them. Keys marked readOnly are filled by the datastore.",
  "type": "object",
  "properties": {
    "schema_version": {
      "description": "The version of this document's schema; absent means 1.",
      "const": 1
    },
    "version": {
      "type": [
        "integer",
        "string",
        "null"
      ]
    },
    "date": {
      "type": [
        "string",
        "null"
      ]
    },
    "pipelines": {
      "type": "array",
      "maxItems": 500,
      "items": {
        "type": "object",
        "required": [
          "pipeline_name",
          "models"
        ],
        "properties": {
          "pipeline_name": {
            "type": "string",
            "minLength": 1
          },
          "models": {
            "description": "Names of models, in the order in which they run.",
            "type": "array",
            "minItems": 1,
            "maxItems": 100,
            "items": {
              "type": "string",
              "minLength": 1
            }
          },
          "created_by": {
            "type": [
              "string",
              "null"
            ]
          },
          "creation_date": {
            "type": [
              "string",
              "null"
            ]
          },
          "version": {
            "type": [
              "integer",
              "string",
              "null"
            ]
          },
          "description": {
            "type": [
              "string",
              "null"
            ]
          },
          "job_name": {
            "type": [
              "string",
              "null"
            ]
          },
          "dataset": {
            "type": [
              "string",
              "null"
            ]
          },
          "dataset_description": {
            "description": "Read as dataset.",
            "type": [
              "string",
              "null"
            ]
          },
          "Accuracy": {
            "type": [
              "number",
              "null"
            ]
          },
          "accuracy": {
            "description": "Read as Accuracy.",
            "type": [
              "number",
              "null"
            ]
          },
          "default": {
            "type": [
              "boolean",
              "null"
            ]
          },
          "pipeline_id": {
            "readOnly": true
          },
          "model_name": {
            "readOnly": true
          },
          "active": {
            "readOnly": true
          }
        }
      }
    },
    "models": {
      "type": "array",
      "maxItems": 500,
      "items": {
        "type": "object",
        "required": [
          "model_name"
        ],
        "if": {
          "required": [
            "tasks"
          ]
        },
        "else": {
          "required": [
            "task"
          ]
        },
        "properties": {
          "model_name": {
            "type": "string",
            "minLength": 1
          },
          "task": {
            "$ref": "#/$defs/task"
          },
          "tasks": {
            "description": "Read as task.",
            "$ref": "#/$defs/task"
          },
          "endpoint_name": {
            "type": [
              "string",
              "null"
            ]
          },
          "endpoint": {
            "$ref": "#/$defs/sealed"
          },
          "api_key": {
            "$ref": "#/$defs/sealed"
          },
          "content_type": {
            "type": [
              "string",
              "null"
            ]
          },
          "deployment_platform": {
            "type": [
              "string",
              "null"
            ]
          },
          "created_by": {
            "type": [
              "string",
              "null"
            ]
          },
          "creation_date": {
            "type": [
              "string",
              "null"
            ]
          },
          "version": {
            "type": [
              "integer",
              "string",
              "null"
            ]
          },
          "description": {
            "type": [
              "string",
              "null"
            ]
          },
          "job_name": {
            "type": [
              "string",
              "null"
            ]
          },
          "dataset": {
            "type": [
              "string",
              "null"
            ]
          },
          "dataset_description": {
            "description": "Read as dataset.",
            "type": [
              "string",
              "null"
            ]
          },
          "Accuracy": {
            "type": [
              "number",
              "null"
            ]
          },
          "accuracy": {
            "description": "Read as Accuracy.",
            "type": [
              "number",
              "null"
            ]
          },
          "model_id": {
            "readOnly": true
          }
        }
      }
    }
  },
  "$defs": {
    "task": {
      "description": "Object detection, classification or segmentation, without regard to case and hyphens.",
      "type": "string",
      "pattern": "^(?:[Oo][Bb][Jj][Ee][Cc][Tt][- ][Dd][Ee][Tt][Ee][Cc][Tt][Ii][Oo][Nn]|[Cc][Ll][Aa][Ss][Ss][Ii][Ff][Ii][Cc][Aa][Tt][Ii][Oo][Nn]|[Ss][Ee][Gg][Mm][Ee][Nn][Tt][Aa][Tt][Ii][Oo][Nn])$"
    },
    "sealed": {
      "description": "A secret, encrypted before it reached the database; a text here is refused.",
      "writeOnly": true,
      "type": [
        "object",
        "null"
      ],
      "required": [
        "kek_id",
        "nonce",
        "ciphertext"
      ],
      "properties": {
        "kek_id": {
          "type": "string",
          "minLength": 1
        },
        "nonce": {
          "type": "string",
          "minLength": 1
        },
        "ciphertext": {
          "type": "string",
          "minLength": 1
        }
      },
      "additionalProperties": false
    }
  }
}
$json$);
